//! Numbers in the `OpenMetrics` text format, for Prometheus and its like, on an address of their own: nobody signs in
//! there, so it belongs where only those reach it who run the console.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use ::agent::Figures;
use anyhow::Context;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{Method, StatusCode, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::net::TcpListener;

/// What every name begins with.
const PREFIX: &str = "stowage";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// From a millisecond to half a minute, each twice the one before.
const BUCKETS: u16 = 16;

/// What one process counts.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Requests,
}

/// Requests by address, as it is routed, and how long each took until its answer began.
#[derive(Clone)]
struct Requests {
    answered: Family<Answered, Counter>,
    durations: Family<Asked, Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

/// Whose data path it is: a cluster's, or of an agent in a pod, its claim's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Path {
    data_path: String,
}

/// What the data agents of this process do.
#[derive(Debug)]
struct DataPaths(Vec<(Path, Arc<Figures>)>);

impl Metrics {
    /// Numbers of a process with these data paths.
    pub(crate) fn new(data_paths: Vec<(String, Arc<Figures>)>) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests = Requests {
            answered: Family::default(),
            durations: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, BUCKETS))
            }),
        };
        registry.register(
            "requests",
            "Requests that were answered",
            requests.answered.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time until an answer began",
            Unit::Seconds,
            requests.durations.clone(),
        );
        let data_paths = data_paths
            .into_iter()
            .map(|(data_path, figures)| (Path { data_path }, figures))
            .collect();
        registry.register_collector(Box::new(DataPaths(data_paths)));
        Self { registry, requests }
    }

    /// The same doors, counted.
    pub(crate) fn counting(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.requests.clone(), count))
    }

    /// Answers at the address until the process ends.
    pub(crate) async fn serve(self, address: SocketAddr) -> anyhow::Result<()> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("listening on {address} for metrics; choose another address")
        })?;
        tracing::info!(address = %listener.local_addr()?, "metrics are at /metrics");
        let router = Router::new()
            .route("/metrics", get(show))
            .with_state(Arc::new(self.registry));
        tokio::spawn(std::future::IntoFuture::into_future(axum::serve(
            listener, router,
        )));
        Ok(())
    }
}

async fn show(State(registry): State<Arc<Registry>>) -> Response {
    let mut shown = String::new();
    match text::encode(&mut shown, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], shown).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    // As it is routed: an address with everybody's ids in it would be a number for each of them.
    let route = request.extensions().get::<MatchedPath>();
    let asked = Asked {
        method: known(request.method()),
        route: route.map_or("other", MatchedPath::as_str).to_owned(),
    };
    let began = Instant::now();
    let response = next.run(request).await;
    let answered = Answered {
        method: asked.method,
        route: asked.route.clone(),
        status: response.status().as_u16(),
    };
    requests.answered.get_or_create(&answered).inc();
    let took = began.elapsed().as_secs_f64();
    requests.durations.get_or_create(&asked).observe(took);
    response
}

/// A sender may make up methods; they are counted as one.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

impl Collector for DataPaths {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        type Number = fn(&Figures) -> u64;
        let counters: [(&str, &str, Option<&Unit>, Number); 5] = [
            (
                "received",
                "Bytes of files that were written down",
                Some(&Unit::Bytes),
                Figures::received_bytes,
            ),
            (
                "published_files",
                "Files that got their name",
                None,
                Figures::published_files,
            ),
            (
                "refused_uploads",
                "Requests with bytes that found no place",
                None,
                Figures::refused_requests,
            ),
            (
                "imported",
                "Bytes that imports fetched",
                Some(&Unit::Bytes),
                Figures::imported_bytes,
            ),
            (
                "imported_files",
                "Files that imports stored",
                None,
                Figures::imported_files,
            ),
        ];
        for (name, help, unit, number) in counters {
            let mut metric = encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
            for (path, figures) in &self.0 {
                let mut one = metric.encode_family(path)?;
                one.encode_counter::<Path, _, u64>(&number(figures), None)?;
            }
        }
        let gauges: [(&str, &str, Number); 2] = [
            (
                "running_uploads",
                "Requests that bring bytes now",
                Figures::running_requests,
            ),
            (
                "running_imports",
                "Imports that run now",
                Figures::running_imports,
            ),
        ];
        for (name, help, number) in gauges {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (path, figures) in &self.0 {
                let running = i64::try_from(number(figures)).unwrap_or(i64::MAX);
                metric.encode_family(path)?.encode_gauge(&running)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;

    async fn shown_after(requests: &[(&str, &str)]) -> String {
        let metrics = Metrics::new(vec![("slurm-a".to_owned(), Arc::default())]);
        let router = Router::new().route("/volumes/{id}", get(async || "here"));
        let router = metrics.counting(router);
        for (method, address) in requests {
            let request = Request::builder().method(*method).uri(*address);
            let request = request.body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        let mut shown = String::new();
        text::encode(&mut shown, &metrics.registry).unwrap();
        shown
    }

    #[tokio::test]
    async fn requests_are_counted_by_route_and_not_by_address() {
        let shown = shown_after(&[("GET", "/volumes/1"), ("GET", "/volumes/2")]).await;
        let line = r#"stowage_requests_total{method="GET",route="/volumes/{id}",status="200"} 2"#;
        assert!(shown.contains(line), "{shown}");
        let line =
            r#"stowage_request_duration_seconds_count{method="GET",route="/volumes/{id}"} 2"#;
        assert!(shown.contains(line), "{shown}");
    }

    #[tokio::test]
    async fn what_nobody_routed_is_one_number() {
        let shown = shown_after(&[("BREW", "/a"), ("GET", "/b")]).await;
        let line = r#"stowage_requests_total{method="GET",route="other",status="404"} 1"#;
        assert!(shown.contains(line), "{shown}");
        let line = r#"stowage_requests_total{method="other",route="other",status="404"} 1"#;
        assert!(shown.contains(line), "{shown}");
    }

    #[tokio::test]
    async fn data_paths_are_told_by_name() {
        let shown = shown_after(&[]).await;
        for line in [
            r#"stowage_received_bytes_total{data_path="slurm-a"} 0"#,
            r#"stowage_running_uploads{data_path="slurm-a"} 0"#,
        ] {
            assert!(shown.contains(line), "{shown}");
        }
    }
}
