//! The variables by which every program of OpenTelemetry is told where its metrics go, and how the
//! collectors of these and of spans are reached. They are read from the environment alone, under
//! the names that its specification gives them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::addresses::is_address;

const PREFIX: &str = "OTEL_";
/// The beginnings of variables for one signal, and for all.
const METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_";
const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_";
const GENERAL: &str = "OTEL_EXPORTER_OTLP_";
/// The exporters that the specification knows. Prometheus reads the admin port in any case.
const EXPORTERS: [&str; 4] = ["otlp", "prometheus", "console", "none"];
/// Settings that can be chosen elsewhere, and are so here.
const FIXED: [(&str, &str); 4] = [
    ("PROTOCOL", "grpc"),
    ("COMPRESSION", "none"),
    ("TEMPORALITY_PREFERENCE", "cumulative"),
    ("DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"),
];
const INTERVAL: Duration = Duration::from_mins(1);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the metrics of a process are pushed by OTLP, and how.
#[derive(Clone, Debug)]
pub struct Push {
    /// The collector.
    pub url: String,
    /// The file of the authorities that vouch for it, where those of the system do not.
    pub authorities: Option<PathBuf>,
    /// Sent with each message. They may hold a password, and are not shown.
    pub headers: HeaderMap,
    /// The time between two pushes.
    pub interval: Duration,
    /// How long the collector may take for a message.
    pub timeout: Duration,
    /// The attributes of the process.
    pub resource: BTreeMap<String, String>,
}

impl Push {
    /// Reads the variables; none if they do not ask for metrics by OTLP. A collector that they do
    /// not name is `otlp_url`, which takes traces.
    pub(super) fn read(
        environment: &[(String, OsString)],
        otlp_url: Option<&str>,
    ) -> Result<Option<Self>> {
        let known = Variables::of(environment)?;
        if !known.is_asked_for()? {
            return Ok(None);
        }
        known.check_fixed()?;
        let (url, authorities) = (known.url(otlp_url)?, known.of_metrics("CERTIFICATE"));
        let authorities = authorities.map(|(_, path)| PathBuf::from(path));
        let interval = known.millis("OTEL_METRIC_EXPORT_INTERVAL")?.unwrap_or(INTERVAL);
        let export = known.millis("OTEL_METRIC_EXPORT_TIMEOUT")?.unwrap_or(EXPORT_TIMEOUT);
        let send = known.of_metrics("TIMEOUT").map(|(name, text)| millis(&name, text));
        let timeout = send.transpose()?.unwrap_or(SEND_TIMEOUT).min(export);
        let (headers, resource) = (known.headers(&[METRICS, GENERAL])?, known.resource()?);
        Ok(Some(Self { url, authorities, headers, interval, timeout, resource }))
    }
}

/// How the collector of spans, which `otlp_url` names, is reached.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The file of the authorities that vouch for it, where those of the system do not.
    pub authorities: Option<PathBuf>,
    /// Sent with each message. They may hold a password, and are not shown.
    pub headers: HeaderMap,
}

impl Spans {
    /// Reads the variables; nothing where no spans are sent. Those for all signals count unless the
    /// variables name another collector: this one would be told the password of that.
    pub(super) fn read(environment: &[(String, OsString)], otlp_url: Option<&str>) -> Result<Self> {
        let Some(otlp_url) = otlp_url else { return Ok(Self::default()) };
        let known = Variables::of(environment)?;
        let elsewhere = known.first(&[GENERAL, METRICS], "ENDPOINT");
        let is_same = |url: &str| url.trim_end_matches('/') == otlp_url.trim_end_matches('/');
        let is_shared = elsewhere.is_none_or(|(_, url)| is_same(url));
        let names: &[&str] = if is_shared { &[TRACES, GENERAL] } else { &[TRACES] };
        let authorities = known.first(names, "CERTIFICATE").map(|(_, path)| PathBuf::from(path));
        Ok(Self { authorities, headers: known.headers(names)? })
    }
}

/// The variables that are set.
struct Variables<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Variables<'a> {
    /// An empty one counts as not set.
    fn of(environment: &'a [(String, OsString)]) -> Result<Self> {
        let mut known = BTreeMap::new();
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            let text = value.to_str().with_context(|| format!("{name} is not UTF-8"))?.trim();
            if !text.is_empty() {
                known.insert(name.as_str(), text);
            }
        }
        Ok(Self(known))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    /// The first variable for one of these signals, with its name.
    fn first(&self, signals: &[&str], what: &str) -> Option<(String, &'a str)> {
        let mut names = signals.iter().map(|start| format!("{start}{what}"));
        names.find_map(|name| self.get(&name).map(|text| (name, text)))
    }

    /// A variable for all signals, or that for metrics, which comes first; with its name.
    fn of_metrics(&self, what: &str) -> Option<(String, &'a str)> {
        self.first(&[METRICS, GENERAL], what)
    }

    fn is_asked_for(&self) -> Result<bool> {
        const NAME: &str = "OTEL_METRICS_EXPORTER";
        let named: Vec<&str> =
            self.get(NAME).into_iter().flat_map(|text| text.split(',')).map(str::trim).collect();
        if let Some(unknown) = named.iter().find(|name| !EXPORTERS.contains(name)) {
            bail!("{NAME}: `{unknown}` is not {}", EXPORTERS.join(", "));
        }
        let is_off =
            self.get("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        Ok(!is_off && named.contains(&"otlp"))
    }

    fn check_fixed(&self) -> Result<()> {
        for (what, only) in FIXED {
            if let Some((name, text)) = self.of_metrics(what) {
                ensure!(text.eq_ignore_ascii_case(only), "{name}: `{text}` is not {only}");
            }
        }
        Ok(())
    }

    fn url(&self, otlp_url: Option<&str>) -> Result<String> {
        if let Some((name, text)) = self.of_metrics("ENDPOINT") {
            // It may hold a password before an `@`, and is not shown.
            ensure!(is_address(text), "{name} is not an address like http://127.0.0.1:4317");
            return Ok(text.to_owned());
        }
        let url = otlp_url.map(ToOwned::to_owned);
        url.context("OTEL_METRICS_EXPORTER needs OTEL_EXPORTER_OTLP_ENDPOINT: the collector")
    }

    fn millis(&self, name: &str) -> Result<Option<Duration>> {
        self.get(name).map(|text| millis(name, text)).transpose()
    }

    fn headers(&self, signals: &[&str]) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        let Some((name, text)) = self.first(signals, "HEADERS") else { return Ok(headers) };
        for (key, value) in pairs(&name, text)? {
            let wrong = || format!("{name}: a header cannot be sent");
            let mut value = HeaderValue::try_from(value).with_context(wrong)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::try_from(key).with_context(wrong)?, value);
        }
        Ok(headers)
    }

    fn resource(&self) -> Result<BTreeMap<String, String>> {
        const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let pairs = self.get(NAME).map(|text| pairs(NAME, text)).transpose()?;
        let mut resource: BTreeMap<_, _> = pairs.unwrap_or_default().into_iter().collect();
        if let Some(name) = self.get("OTEL_SERVICE_NAME") {
            resource.insert("service.name".to_owned(), name.to_owned());
        }
        Ok(resource)
    }
}

fn millis(name: &str, text: &str) -> Result<Duration> {
    match text.parse() {
        Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => bail!("{name}: `{text}` is not a whole number of milliseconds above 0"),
    }
}

/// Reads `key=value,key=value`, as W3C Baggage writes it. The text may hold a password, and is not
/// shown.
fn pairs(name: &str, text: &str) -> Result<Vec<(String, String)>> {
    let wrong = || format!("{name} is not like key=value,key=value, with %20 for a space");
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs = parts.map(|part| {
        let (key, value) = part.split_once('=').with_context(wrong)?;
        let value = percent_decode_str(value.trim()).decode_utf8().with_context(wrong)?;
        ensure!(!key.trim().is_empty(), wrong());
        Ok((key.trim().to_owned(), value.into_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: (&str, &str) = ("OTEL_METRICS_EXPORTER", "otlp");
    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317");

    fn read(variables: &[(&str, &str)], otlp_url: Option<&str>) -> Result<Option<Push>> {
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), text.into()));
        Push::read(&variables.collect::<Vec<_>>(), otlp_url)
    }

    #[test]
    fn metrics_are_pushed_only_where_that_is_asked_for() {
        for silent in [
            &[][..],
            &[ENDPOINT],
            &[("OTEL_METRICS_EXPORTER", "none"), ENDPOINT],
            &[("OTEL_METRICS_EXPORTER", "prometheus"), ENDPOINT],
            &[ASKED, ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")],
        ] {
            assert!(read(silent, Some("http://traces:4317")).unwrap().is_none(), "{silent:?}");
        }

        let push = read(&[("OTEL_METRICS_EXPORTER", "prometheus, otlp"), ENDPOINT], None).unwrap();

        let push = push.expect("it is asked for");
        assert_eq!(push.url, ENDPOINT.1);
        assert_eq!((push.interval, push.timeout), (INTERVAL, SEND_TIMEOUT));
        assert!(push.headers.is_empty() && push.resource.is_empty());
    }

    #[test]
    fn a_variable_for_metrics_comes_before_that_for_all_signals() {
        let push = read(
            &[
                ASKED,
                ENDPOINT,
                ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics:4317/"),
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/run/ca.pem"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "9000"),
                ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2000"),
                ("OTEL_METRIC_EXPORT_TIMEOUT", "1500"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2,x-scope=a"),
                ("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=one,service.name=two"),
                ("OTEL_SERVICE_NAME", "three"),
            ],
            None,
        );

        let push = push.unwrap().unwrap();
        assert_eq!(push.url, "https://metrics:4317/");
        assert_eq!(push.authorities, Some("/run/ca.pem".into()));
        assert_eq!(push.interval, Duration::from_secs(5));
        assert_eq!(push.timeout, Duration::from_millis(1500));
        assert_eq!(push.headers["authorization"], "Bearer hunter2");
        assert!(!format!("{push:?}").contains("hunter2"));
        assert_eq!(push.resource["service.name"], "three");
        assert_eq!(push.resource["k8s.pod.name"], "one");
    }

    #[test]
    fn without_a_collector_of_their_own_metrics_go_where_traces_go() {
        let push = read(&[ASKED], Some("http://traces:4317")).unwrap().unwrap();

        assert_eq!(push.url, "http://traces:4317");
        let error = read(&[ASKED], None).unwrap_err().to_string();
        assert!(error.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{error}");
    }

    #[test]
    fn spans_are_sent_with_a_password_only_to_the_collector_that_it_is_for() {
        let traces = Some("https://traces:4317");
        let spans = |variables: &[(&str, &str)], url| {
            let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), text.into()));
            Spans::read(&variables.collect::<Vec<_>>(), url).unwrap()
        };
        let general = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=general");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=own");
        let file = ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/run/ca.pem");
        let same = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://traces:4317/");
        let sent = |variables: &[(&str, &str)], url| {
            let headers = spans(variables, url).headers;
            headers.get("authorization").map(|it| it.to_str().unwrap().to_owned())
        };

        assert_eq!(sent(&[general], traces).as_deref(), Some("general"));
        assert_eq!(sent(&[general, same], traces).as_deref(), Some("general"));
        assert_eq!(sent(&[general, ENDPOINT], traces), None, "it is for another");
        let of_metrics = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics:4317");
        assert_eq!(sent(&[general, of_metrics], traces), None, "so is this");
        let slashed = Some("https://traces:4317/");
        assert_eq!(sent(&[general, same], slashed).as_deref(), Some("general"));
        assert_eq!(sent(&[general, own, ENDPOINT], traces).as_deref(), Some("own"));
        assert_eq!(sent(&[general, own], None), None, "nothing is sent");
        assert_eq!(spans(&[file], traces).authorities, Some("/run/ca.pem".into()));
        assert!(!format!("{:?}", spans(&[own], traces)).contains("own"));
    }

    #[test]
    fn a_wrong_value_is_named_by_its_variable_and_a_secret_is_not_shown() {
        for (name, text) in [
            ("OTEL_METRICS_EXPORTER", "oltp"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://hunter2@127.0.0.1:4317"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=hunter2%0A"),
        ] {
            let mut variables = BTreeMap::from([ASKED, ENDPOINT]);
            variables.insert(name, text);
            let variables: Vec<_> = variables.into_iter().collect();

            let error = format!("{:#}", read(&variables, None).unwrap_err());

            assert!(error.contains(name) && !error.contains("hunter2"), "{error}");
        }
    }
}
