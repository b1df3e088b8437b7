//! The Helm chart: what kustomize renders for production, with values where one installation differs
//! from the next.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_yaml_ng::Value;

/// Settings of the config map that are values of the chart.
const SETTINGS: [(&str, &str); 4] = [
    ("REGISTAN_LOG", "log"),
    ("REGISTAN_OIDC_AUDIENCE", "oidc.audience"),
    ("REGISTAN_OIDC_ISSUER", "oidc.issuer"),
    ("REGISTAN_OIDC_UNTYPED_TOKENS", "oidc.untypedTokens"),
];
/// The begin of each template.
const HEAD: &str = "# Made from deploy/kustomize/overlays/prod-postgres by a test: change that.\n";

/// The templates of a rendered overlay, by the name of their file: one for each kind. The namespace
/// is Helm's to make.
pub fn templates(rendered: &str) -> BTreeMap<String, String> {
    let config = name_of(rendered, "ConfigMap").unwrap_or_default();
    let mut files = BTreeMap::new();
    for document in rendered.split("\n---\n") {
        let kind = field(document, "kind: ").unwrap_or_default();
        if kind == "Namespace" {
            continue;
        }
        let file = format!("{}.yaml", kind.to_lowercase());
        let text: &mut String = files.entry(file).or_insert_with(|| HEAD.to_owned());
        let name = field(document, "  name: ").unwrap_or_default();
        text.push_str("---\n");
        for line in document.lines() {
            text.push_str(&templated(line, kind, name, &config));
            text.push('\n');
        }
    }
    files
}

/// The name of the first document of a kind.
pub fn name_of(rendered: &str, kind: &str) -> Option<String> {
    let mut documents = rendered.split("\n---\n");
    let document = documents.find(|document| field(document, "kind: ") == Some(kind))?;
    field(document, "  name: ").map(str::to_owned)
}

fn field<'a>(document: &'a str, begin: &str) -> Option<&'a str> {
    // A config map has a name after its data, as every document does: at the same depth.
    let metadata = document.split_once("\nmetadata:\n").map_or(document, |(_, rest)| rest);
    let within = if begin.starts_with(' ') { metadata } else { document };
    within.lines().find_map(|line| line.strip_prefix(begin))
}

fn templated(line: &str, kind: &str, name: &str, config: &str) -> String {
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
        return format!("{indent}replicas: {{{{ .Values.replicas.{} }}}}", camel(name));
    }
    let setting = SETTINGS.iter().find(|(key, _)| rest.starts_with(&format!("{key}: ")));
    if let Some((key, value)) = setting.filter(|_| kind == "ConfigMap") {
        return format!("{indent}{key}: {{{{ .Values.{value} | quote }}}}");
    }
    // Another name with each revision, so that a changed setting rolls the pods.
    if rest.ends_with(&format!("name: {config}")) {
        return line.replace(config, "registan-{{ .Release.Revision }}");
    }
    line.to_owned()
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

/// Renders a template as Helm does, as far as ours go: paths of values, and `quote`. An error names
/// what is not known.
pub fn render(template: &str, values: &Value) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, after) = after.split_once("}}").ok_or("an action does not end")?;
        let (path, quoted) = match action.trim().split_once('|') {
            Some((path, filter)) if filter.trim() == "quote" => (path.trim(), true),
            Some((_, filter)) => return Err(format!("the filter {filter} is not known")),
            None => (action.trim(), false),
        };
        let value = path.trim_start_matches('.').split('.').try_fold(values, Value::get::<&str>);
        let value = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            _ => return Err(format!("there is no value {path}")),
        };
        text.push_str(before);
        if quoted {
            let _written = write!(text, "{value:?}");
        } else {
            text.push_str(&value);
        }
        rest = after;
    }
    Ok(text + rest)
}
