//! The lines of a document as those of a template: values where one installation differs from the
//! next, and places for more settings and files.

/// Kind and name of a document.
pub(super) type Key = (String, String);

/// Stands for a value until the document is text.
pub(super) const VALUE: &str = "VALUE-OF-";
/// Stands for the entries of a list that an installation adds, by the name of their value.
pub(super) const MORE: &str = "MORE-OF-";
/// The variable of the collector, which is there where its value is.
const COLLECTOR: &str = "- name: REGISTAN_OTLP_URL";
/// The policy that opens the way to it.
const COLLECTOR_POLICY: &str = "all-to-collector";
const IF_COLLECTOR: &str = "{{- if .Values.otlp.url }}";
const END: &str = "{{- end }}";
/// A name by which callers know the gateway; an installation may have more.
const GATEWAY: &str = "gateway.registan.svc";

/// Returns the elements of a document as a template. Those of several lines belong together.
pub(super) fn template(text: &str, key: &Key) -> Vec<String> {
    let mut lines = text.lines().peekable();
    let mut template = vec!["---".to_owned()];
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        template.push(if line.trim_start() == COLLECTOR {
            let value = templated(lines.next().unwrap_or_default(), key);
            format!("{IF_COLLECTOR}\n{line}\n{value}\n{END}")
        } else if line.ends_with(':') && more(next).is_some() {
            lines.next();
            // A list of nothing else: without an entry there is no list.
            entries(next, key, Some(line))
        } else if more(line).is_some() {
            entries(line, key, None)
        } else {
            templated(line, key)
        });
    }
    if key.1 == COLLECTOR_POLICY {
        template.insert(0, IF_COLLECTOR.to_owned());
        template.push(END.to_owned());
    }
    template
}

/// The name of the value that a line stands for.
fn more(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("- ")?.strip_prefix(MORE)
}

/// The entries that an installation adds to a list, below its `head` where there are no others.
fn entries(line: &str, (_, name): &Key, head: Option<&str>) -> String {
    let value = more(line).unwrap_or_default();
    let (indent, _) = line.split_at(line.len() - line.trim_start().len());
    let is_gateway = name == "gateway";
    if value == "extraEnv" {
        let all = if is_gateway {
            "(merge (dict) .Values.gateway.extraEnv .Values.extraEnv)"
        } else {
            ".Values.extraEnv"
        };
        return format!(
            "{{{{- range $name, $value := {all} }}}}\n{indent}- name: {{{{ $name }}}}\n\
             {indent}  value: {{{{ $value | quote }}}}\n{END}"
        );
    }
    let all = if is_gateway {
        format!("concat .Values.{value} .Values.gateway.{value}")
    } else {
        format!(".Values.{value}")
    };
    let head = head.map(|head| format!("{head}\n")).unwrap_or_default();
    let columns = indent.len();
    format!("{{{{- with {all} }}}}\n{head}{{{{ toYaml . | indent {columns} }}}}\n{END}")
}

fn templated(line: &str, (kind, name): &Key) -> String {
    let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
    if rest == "namespace: registan" {
        return format!("{indent}namespace: {{{{ .Release.Namespace }}}}");
    }
    let image = rest.trim_start_matches("- ").strip_prefix("image: registan/");
    if let Some((image, _)) = image.and_then(|image| image.split_once(':')) {
        let dash = if rest.starts_with("- ") { "- " } else { "" };
        return format!(
            "{indent}{dash}image: {{{{ .Values.image.prefix }}}}/{image}:{{{{ .Values.image.tag }}}}"
        );
    }
    if kind == "Deployment" && indent.len() == 2 && rest.starts_with("replicas: ") {
        let count = format!("(.Values.replicas).{}", camel(name));
        let is_set = format!("{{{{- if not (kindIs \"invalid\" {count}) }}}}");
        return format!("{is_set}\n{indent}replicas: {{{{ {count} }}}}\n{END}");
    }
    if name == COLLECTOR_POLICY && rest.starts_with("- port: ") {
        return format!("{indent}- port: {{{{ regexFind \"[0-9]+$\" .Values.otlp.url }}}}");
    }
    if let Some(path) = rest.strip_prefix("value: ").and_then(|it| it.strip_prefix(VALUE)) {
        return format!("{indent}value: {{{{ .Values.{path} | quote }}}}");
    }
    // A Job cannot be changed: each revision has its own.
    if kind == "Job" && indent.len() == 2 && rest == format!("name: {name}") {
        let version = format!("-{}", crate::VERSION.replace('.', "-"));
        let name = name.trim_end_matches(&version);
        return format!("{indent}name: {name}-{{{{ .Release.Revision }}}}");
    }
    if rest == format!("- {GATEWAY}") {
        let own = GATEWAY.replace("registan", "{{ .Release.Namespace }}");
        let more = "{{- range .Values.tls.gatewayNames }}";
        return format!("{indent}- {own}\n{more}\n{indent}- {{{{ . | quote }}}}\n{END}");
    }
    line.replace("/ns/registan/", "/ns/{{ .Release.Namespace }}/")
}

/// A name as a key of the values, which dots can reach: `rightsReporting`.
fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (begin, rest) = word.split_at(1.min(word.len()));
        text + &begin.to_uppercase() + rest
    })
}
