//! How much one caller may ask for.

use std::time::Duration;

use crate::admin::{get, hurried, value};
use crate::support::{Running, Slow, call, serve};
use tokio::time::{sleep, timeout};
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_types::StatusExt;

async fn five_calls_a_second() -> Running {
    serve(|service, settings| {
        settings.calls_per_second = Some(5);
        service.with(Slow::default())
    })
    .await
}

/// Uses up what a caller who was quiet has: the calls of two seconds. Gives the first refusal.
async fn use_up(running: &Running) -> Status {
    let channel = running.channel();
    for _ in 0..10 {
        assert_eq!(call(channel.clone(), "/test.Slow/Timeout").await.code(), Code::AlreadyExists);
    }
    call(channel, "/test.Slow/Timeout").await
}

#[tokio::test]
async fn calls_above_the_quota_are_refused_with_the_time_to_wait() {
    let running = five_calls_a_second().await;

    let refusal = use_up(&running).await;

    assert_eq!(refusal.code(), Code::ResourceExhausted);
    let info = refusal.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["limit"].as_str()), ("RATE_LIMITED", "5"));
    let quota = &refusal.get_details_quota_failure().unwrap().violations[0];
    assert_eq!(quota.subject, "clientip:127.0.0.1");
    let wait = refusal.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_millis(200), "{wait:?}");
    sleep(wait).await;
    assert_eq!(call(running.channel(), "/test.Slow/Timeout").await.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_refused_call_is_an_error_and_has_no_duration() {
    let running = serve(|mut service, settings| {
        service.name = "used-up";
        settings.calls_per_second = Some(5);
        settings.probe_address = Some("127.0.0.1:0".parse().unwrap());
        service.with(Slow::default())
    })
    .await;
    use_up(&running).await;

    let metrics = get(running.probes.unwrap(), "/metrics").await;

    let labels = "service_name=\"used-up\",rpc_method=\"test.Slow/Timeout\"";
    let counted = |name: &str, more: &str| value(&metrics, &format!("{name}{{{labels}{more}}} "));
    let of = |code: &str, reason: &str| {
        let more = format!(",rpc_response_status_code=\"{code}\",error_type=\"{reason}\"");
        counted("rpc_server_call_errors_total", &more)
    };
    assert_eq!(of("RESOURCE_EXHAUSTED", "RATE_LIMITED"), Some(1.0), "{metrics}");
    assert_eq!(of("ALREADY_EXISTS", "ALREADY_EXISTS"), Some(10.0), "{metrics}");
    assert_eq!(counted("rpc_server_call_duration_seconds_count", ""), Some(10.0), "{metrics}");
}

#[tokio::test]
async fn a_refused_call_is_not_read() {
    let running = five_calls_a_second().await;
    use_up(&running).await;
    let mut client = tonic::client::Grpc::new(running.channel());
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/test.Slow/Nap");
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    let endless = Request::new(tokio_stream::pending());

    let answer = timeout(Duration::from_secs(3), client.client_streaming(endless, path, codec));

    assert_eq!(answer.await.unwrap().unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_large_answer_counts_for_several_calls() {
    let running = five_calls_a_second().await;
    let channel = running.channel();
    assert_eq!(call(channel.clone(), "/test.Slow/Large").await.code(), Code::Ok);

    // Ten in all: one for the call, and ten for 320 KiB.
    let mut refusal = call(channel.clone(), "/test.Slow/Timeout").await;
    for _ in 0..10 {
        if refusal.code() == Code::ResourceExhausted {
            break;
        }
        refusal = call(channel.clone(), "/test.Slow/Timeout").await;
    }

    assert_eq!(refusal.get_details_error_info().unwrap().reason, "RATE_LIMITED");
    assert!(refusal.get_details_retry_info().unwrap().retry_delay.is_some());
}

#[tokio::test]
async fn calls_of_one_caller_above_the_limit_wait_for_each_other() {
    let slow = Slow::default();
    let running = serve(|service, settings| {
        settings.calls_per_caller = Some(2);
        service.with(slow.clone())
    })
    .await;
    let asked: Vec<_> =
        (0..6).map(|_| tokio::spawn(call(running.channel(), "/test.Slow/Nap"))).collect();

    slow.until_running(2).await;
    sleep(Duration::from_millis(100)).await;

    assert_eq!(slow.running.load(std::sync::atomic::Ordering::SeqCst), 2);
    for call in asked {
        assert_eq!(call.await.unwrap().code(), Code::AlreadyExists);
    }
}

/// Otherwise one caller could fire the alerts on calls that are slow or fail.
#[tokio::test]
async fn the_wait_for_calls_of_the_same_caller_is_no_fault_of_the_suite() {
    let slow = Slow::default();
    let running = serve(|mut service, settings| {
        service.name = "queued";
        settings.calls_per_caller = Some(1);
        settings.probe_address = Some("127.0.0.1:0".parse().unwrap());
        service.with(slow.clone())
    })
    .await;
    let nap = tokio::spawn(call(running.channel(), "/test.Slow/Nap"));
    slow.until_running(1).await;
    let waited = call(running.channel(), "/test.Slow/Timeout").await;
    let both = (nap.await.unwrap().code(), waited.code());
    assert_eq!(both, (Code::AlreadyExists, Code::AlreadyExists));
    let sleep = tokio::spawn(call(running.channel(), "/test.Slow/Sleep"));
    slow.until_running(1).await;
    let late = hurried(running.address, "/test.Slow/Timeout", "300m").await;
    assert_eq!(late, "4", "DEADLINE_EXCEEDED");
    sleep.abort();

    let metrics = get(running.probes.unwrap(), "/metrics").await;

    let labels = "service_name=\"queued\",rpc_method=\"test.Slow/Timeout\"";
    let duration = |end: &str| value(&metrics, &format!("rpc_server_call_duration_seconds_{end}"));
    assert_eq!(duration(&format!("count{{{labels}}} ")), Some(1.0));
    // A nap lasts 300 ms.
    assert_eq!(duration(&format!("bucket{{{labels},le=\"0.1\"}} ")), Some(1.0));
    let errors = |reason: &str| {
        let code = "rpc_response_status_code=\"DEADLINE_EXCEEDED\"";
        let labels = format!("{labels},{code},error_type=\"{reason}\"");
        value(&metrics, &format!("rpc_server_call_errors_total{{{labels}}} "))
    };
    assert_eq!((errors("DEADLINE_QUEUED"), errors("DEADLINE_EXCEEDED")), (Some(1.0), Some(0.0)));
}

#[test]
fn the_contract_says_which_calls_are_dear() {
    let rules = policy::Rules::of(api::descriptors());
    let cost = |path: &str| rules.get(path).unwrap().cost;

    assert_eq!(cost("/registan.projects.v1.TransactionService/SumTransactions"), 10);
    assert_eq!(cost("/registan.partnership.v1.PartnershipService/GetBrief"), 10);
    assert_eq!(cost("/registan.projects.v1.ProjectService/GetProject"), 0);
}

#[tokio::test]
async fn health_is_told_to_a_caller_who_used_up_everything() {
    let running = five_calls_a_second().await;
    use_up(&running).await;

    let mut health = running.health();

    health.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_stream_above_the_quota_is_refused_until_another_ends() {
    let running = serve(|service, settings| {
        settings.streams_per_caller = Some(2);
        service
    })
    .await;
    let watch = async || running.health().watch(HealthCheckRequest::default()).await;
    let first = watch().await.unwrap();
    let _second = watch().await.unwrap();

    let refusal = watch().await.unwrap_err();
    drop(first);

    assert_eq!(refusal.code(), Code::ResourceExhausted);
    assert_eq!(refusal.get_details_error_info().unwrap().reason, "TOO_MANY_STREAMS");
    assert!(refusal.get_details_retry_info().unwrap().retry_delay.is_some());
    let free = timeout(Duration::from_secs(3), async {
        while watch().await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    free.await.unwrap();
}

#[tokio::test]
async fn the_quotas_of_a_service_hold_off_loopback_and_settings_win() {
    let limited = |listen: &'static str, calls: Option<u32>| {
        serve(move |mut service, settings| {
            settings.listen = listen.parse().unwrap();
            settings.plaintext = true;
            settings.calls_per_second = calls;
            service.limits.quotas.calls_per_second = 5;
            service.with(Slow::default())
        })
    };

    for (listen, setting, refused) in
        [("127.0.0.1:0", None, false), ("0.0.0.0:0", None, true), ("0.0.0.0:0", Some(0), false)]
    {
        let mut running = limited(listen, setting).await;
        running.address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());

        let last = use_up(&running).await.code();

        assert_eq!(last == Code::ResourceExhausted, refused, "{listen} {setting:?}");
    }
}
