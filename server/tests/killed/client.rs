//! The console as somebody sees it who is signed in and uploads to one data volume.

use std::time::Duration;

use adversity::{Answer, Door};
use anyhow::Result;
use reqwest::{Client, Method};
use tokio::runtime::Handle;

/// Longer than anything takes that is answered at all.
const PATIENCE: Duration = Duration::from_mins(1);

/// The addresses of a data volume, asked with the session of one person. They outlive the console.
pub(crate) struct Server {
    client: Client,
    runtime: Handle,
    origin: String,
    /// What the addresses of the data volume begin with.
    base: String,
}

impl Door for Server {
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer> {
        let asked = self.answer(method, path, headers, body.to_vec());
        self.runtime.block_on(asked).ok()
    }
}

impl Server {
    pub(crate) fn new(client: &Client, runtime: &Handle, origin: &str, base: String) -> Self {
        Self {
            client: client.clone(),
            runtime: runtime.clone(),
            origin: origin.to_owned(),
            base,
        }
    }

    async fn answer(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Vec<u8>,
    ) -> Result<Answer> {
        let url = format!("{}{}{path}", self.origin, self.base);
        let mut request = self
            .client
            .request(Method::from_bytes(method.as_bytes())?, url)
            .header("origin", &self.origin)
            .header("tus-resumable", "1.0.0")
            .timeout(PATIENCE)
            .body(body);
        for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let mut head = String::new();
        for (name, value) in answer.headers() {
            // Errands and ledger have addresses as the data agent gives them: those below its volume.
            let value = value.to_str()?.replace(&format!("{}/", self.base), "");
            head.extend([name.as_str(), ": ", &value, "\r\n"]);
        }
        Ok(Answer {
            status,
            head,
            body: answer.text().await?,
        })
    }
}
