//! The way to the files of a claim: requests go to the data agent's pod, each with a ticket of its own.
//!
//! Inside the cluster the pod is reached at its address; from outside through the API server's
//! port-forward, which is slower and needs nothing opened.

use std::sync::Arc;

use agent::TicketKey;
use axum::body::Body;
use domain::Clock;
use http::header::{
    CONNECTION, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;

use super::KubernetesCluster;
use super::agent_pod::PORT;
use super::agents::Agent;
use super::api_server::ApiServer;
use super::settings::AgentReach;
use crate::{ClaimKey, DataPath, Error, Result, Visit};

const TICKET: HeaderName = HeaderName::from_static("stowage-ticket");
/// What is about one connection and not about the request.
const OF_ONE_CONNECTION: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// How one agent is reached.
struct Way {
    agent: Agent,
    api: ApiServer,
    by_port_forward: bool,
    key: TicketKey,
    clock: Arc<dyn Clock>,
    uid: String,
    visit: Visit,
}

impl KubernetesCluster {
    fn by_port_forward(&self) -> bool {
        match self.settings.agent.as_ref().map(|agent| agent.reach) {
            Some(AgentReach::PodAddress) => false,
            Some(AgentReach::PortForward) => true,
            Some(AgentReach::Auto) | None => self.api.own_namespace().is_none(),
        }
    }

    /// The way to the files of a claim; `None` if its agent does not run and is not to be started.
    pub(super) async fn way(&self, key: &ClaimKey, visit: &Visit) -> Result<Option<DataPath>> {
        let Some(agent) = self.agent(key, visit.may_wait).await? else {
            return Ok(None);
        };
        let way = Arc::new(Way {
            agent,
            by_port_forward: self.by_port_forward(),
            api: self.api.clone(),
            key: TicketKey::new(self.seal_key.of_agent(&key.uid)),
            clock: Arc::clone(&self.clock),
            uid: key.uid.clone(),
            visit: visit.clone(),
        });
        Ok(Some(BoxCloneSyncService::new(tower::service_fn(
            move |request| {
                let way = Arc::clone(&way);
                async move { way.ask(request).await }
            },
        ))))
    }
}

impl Way {
    async fn ask(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let ticket = self.ticket()?;
        let headers = request.headers_mut();
        remove_connection(headers);
        headers.insert(HOST, HeaderValue::from_static("agent"));
        headers.insert(TICKET, ticket);
        if !self.by_port_forward {
            let address = (self.agent.address.as_str(), PORT);
            let stream = TcpStream::connect(address).await.map_err(away)?;
            let _ = stream.set_nodelay(true);
            return send(stream, request).await;
        }
        let pods: Api<Pod> = self.api.within(&self.agent.namespace);
        let mut forwarded = pods
            .portforward(&self.agent.pod, &[PORT])
            .await
            .map_err(away)?;
        let stream = forwarded
            .take_stream(PORT)
            .ok_or_else(|| away("the API server forwards no port"))?;
        tokio::spawn(async move {
            // It ends with the connection.
            let _ = forwarded.join().await;
        });
        send(stream, request).await
    }

    fn ticket(&self) -> Result<HeaderValue> {
        let ticket = self.visit.ticket(&self.uid, self.clock.now());
        HeaderValue::try_from(self.key.sign(&ticket)).map_err(away)
    }
}

/// Sends one request over a connection of its own.
async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<Response<Body>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(away)?;
    tokio::spawn(async move {
        // What goes wrong here is seen by whoever reads the answer.
        let _ = connection.await;
    });
    let mut response = sender.send_request(request).await.map_err(away)?;
    remove_connection(response.headers_mut());
    Ok(response.map(Body::new))
}

fn remove_connection(headers: &mut HeaderMap) {
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

fn away(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unavailable {
        doing: "asking the data agent".to_owned(),
        source: source.into(),
    }
}
