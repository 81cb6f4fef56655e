//! One kill: files arrive, the console dies, what is left is compared, and what was cut is finished.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::Duration;

use adversity::requests::{appending, stored};
use adversity::traffic::{self, Amiss};
use adversity::{Answer, Door as _, Errand, Findings, Ledger, is_soak, is_well};
use anyhow::{Context, Result};
use reqwest::Client;
use serde_json::json;
use tests::console::Console;
use tokio::runtime::Runtime;

use crate::client::Server;

const PERSON: &str = "ada";
const PROJECT: &str = "imagenet";
const CATALOGUE: &str = "/api/v1/datavolumes";

/// A console that is killed again and again, and somebody who is signed in all the time.
pub(crate) struct Rounds {
    runtime: Runtime,
    console: Console,
    client: Client,
    catalogue: Server,
    /// The data volumes, one for each kill.
    volumes: Vec<String>,
    /// Files that were answered as stored.
    pub(crate) stored_files: usize,
    /// Uploads that were cut and gone on with.
    pub(crate) continued: usize,
}

/// How far somebody came who changes the description of a data volume until nobody answers.
struct Changes {
    /// The last number that was answered as saved; each is one more than the one before.
    answered: u64,
    refusal: Option<Answer>,
}

impl Changes {
    fn until_nobody_answers(server: &Server) -> Self {
        let mut answered = 0;
        loop {
            let change = json!({ "description": (answered + 1).to_string() }).to_string();
            let headers = "content-type: application/json\r\n";
            match server.ask("PATCH", "", headers, change.as_bytes()) {
                Some(answer) if is_well(&answer) => answered += 1,
                refusal => return Self { answered, refusal },
            }
        }
    }
}

impl Rounds {
    pub(crate) fn new(runtime: Runtime, console: Console) -> Result<Self> {
        let client = runtime.block_on(console.signed_in(PERSON))?;
        let catalogue = Server::new(
            &client,
            runtime.handle(),
            console.origin(),
            CATALOGUE.to_owned(),
        );
        Ok(Self {
            runtime,
            console,
            client,
            catalogue,
            volumes: Vec::new(),
            stored_files: 0,
            continued: 0,
        })
    }

    /// Kills the console after a while in which files arrive in a new data volume, and, if told so, once more while
    /// it starts. What one look finds is not looked for again by the next, so that it counts once.
    ///
    /// # Errors
    /// When the console does not start again, or makes no data volume.
    pub(crate) fn one(
        &mut self,
        number: u64,
        until: Duration,
        again: Option<Duration>,
    ) -> Result<Findings> {
        let name = format!("killed-{number}");
        let volume = self.console.new_data_volume(&self.client, PROJECT, &name);
        let volume = self.runtime.block_on(volume)?;
        let folder = self.console.project_folder(PROJECT).join(&name);
        let server = Server::new(
            &self.client,
            self.runtime.handle(),
            self.console.origin(),
            format!("{CATALOGUE}/{}", volume.id),
        );
        self.volumes.push(name);

        let ledger = Ledger::default();
        let ((killed, changes), amiss) = traffic::during(&server, &ledger, || {
            thread::scope(|scope| {
                let changes = scope.spawn(|| Changes::until_nobody_answers(&server));
                thread::sleep(until);
                (self.console.stop(), changes.join())
            })
        });
        killed?;
        let changes = changes.expect("nobody panicked");
        let book = ledger.book();
        let mut findings = refusals(&amiss, &changes);
        // Pods read the volume while the console is away.
        book.compare_names(&folder, "", &mut findings);
        if let Some(a_while) = again {
            self.console.resume_for(a_while)?;
        }
        let resumed = self.runtime.block_on(self.console.resume());
        resumed.context("it does not start again")?;
        self.compare_database(&server, &changes, &mut findings);
        if findings.half_files == 0 {
            findings.extend(book.compare(&folder, &server));
        }
        if findings.said.is_empty() {
            self.continued += finish(&server, &folder, &ledger, &amiss, &mut findings);
            findings.extend(ledger.book().compare(&folder, &server));
        }
        self.stored_files += book.stored_files();
        Ok(findings)
    }

    /// Whether the session holds, the catalogue is whole, and what was answered as saved is.
    fn compare_database(&self, server: &Server, changes: &Changes, findings: &mut Findings) {
        match server.ask("GET", "", "", b"") {
            Some(answer) if is_well(&answer) => {
                let json = answer.json();
                let description = json["description"].as_str().unwrap_or_default();
                let saved = description.parse::<u64>().unwrap_or(0);
                // The last one may have been saved and not answered.
                if ![changes.answered, changes.answered + 1].contains(&saved) {
                    let answered = changes.answered;
                    findings.other(format!(
                        "the description was answered as {answered} and is {description:?}"
                    ));
                }
            }
            ending => findings.other(format!("the data volume {}", said(ending.as_ref()))),
        }
        match self.listed() {
            Ok(listed) => {
                for missing in self.volumes.iter().filter(|name| !listed.contains(*name)) {
                    findings.other(format!("{missing} is not listed any more"));
                }
            }
            Err(error) => findings.other(format!("{error:#}")),
        }
        if let Err(error) = self.runtime.block_on(self.console.check_database()) {
            findings.other(format!("the database: {error:#}"));
        }
    }

    /// The names of all data volumes.
    fn listed(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        let mut offset = Some(0);
        while let Some(from) = offset {
            let page = format!("?requestType=All&limit=500&offset={from}");
            let answer = self.catalogue.ask("GET", &page, "", b"");
            let page = answer.as_ref().filter(|answer| is_well(answer));
            let page = page
                .with_context(|| format!("the catalogue {}", said(answer.as_ref())))?
                .json();
            let volumes = page["datavolumes"].as_array().into_iter().flatten();
            names.extend(volumes.filter_map(|volume| volume["name"].as_str().map(str::to_owned)));
            offset = page["next"].as_u64();
        }
        Ok(names)
    }

    /// Tells what the kills hit.
    pub(crate) fn tell(&self) {
        if is_soak() {
            eprintln!(
                "    {} files stored, {} uploads gone on with",
                self.stored_files, self.continued
            );
        }
    }
}

/// How a request ended, as the end of a sentence.
fn said(ending: Option<&Answer>) -> String {
    match ending {
        Some(answer) => format!("is answered by {} {}", answer.status, answer.body),
        None => "is not answered".to_owned(),
    }
}

/// Before it is killed the console has no reason to refuse anything.
fn refusals(amiss: &[Amiss], changes: &Changes) -> Findings {
    let mut findings = Findings::default();
    for (errand, number, ending) in amiss {
        if ending.is_some() {
            findings.other(format!("{errand:?} {number} {}", said(ending.as_ref())));
        }
    }
    if changes.refusal.is_some() {
        let ending = said(changes.refusal.as_ref());
        findings.other(format!("a change {ending}"));
    }
    findings
}

/// Goes on with every upload that was cut, and sends again what was cut before it had an address. Answers how many
/// uploads lacked something.
fn finish(
    server: &Server,
    folder: &Path,
    ledger: &Ledger,
    amiss: &[Amiss],
    findings: &mut Findings,
) -> usize {
    let book = ledger.book();
    let mut continued = 0;
    let mut begun_names = BTreeSet::new();
    for (address, begun) in book.unfinished() {
        match go_on(server, address, &begun.content) {
            Ok(pieces) => continued += usize::from(pieces > 0),
            Err(ending) => findings.other(format!("the rest of {} {ending}", begun.name)),
        }
        begun_names.insert(begun.name.as_str());
    }
    for (errand, number, _) in amiss {
        let name = errand.name(*number);
        // Partial uploads are whole now, and no file yet.
        if *errand != Errand::Concatenation && begun_names.contains(name.as_str()) {
            ledger.stored(&name, 0);
            continue;
        }
        match errand.go(server, ledger, *number) {
            Some(answer) if is_well(&answer) => {}
            // It has its name, and only the answer was lost: nobody was told that the manifest knows it.
            Some(answer) if answer.status == 409 && folder.join(&name).is_file() => {}
            ending => {
                let ending = said(ending.as_ref());
                findings.other(format!("{errand:?} {number}, sent again, {ending}"));
            }
        }
    }
    continued
}

/// Sends what an upload lacks, and answers in how many pieces; the error is how that ended.
fn go_on(server: &Server, address: &str, content: &[u8]) -> Result<usize, String> {
    let answer = server.ask("HEAD", address, "", b"");
    let Some(answer) = answer.filter(|answer| answer.status == 200) else {
        // Once its file has its name an upload may be forgotten; otherwise it was found to be lost before.
        return Ok(0);
    };
    let (mut from, mut pieces) = (0, 0);
    let end = content.len()..content.len();
    for range in stored(&answer).into_iter().chain([end]) {
        if from < range.start {
            let rest = &content[from..range.start];
            let ending = server.ask("PATCH", address, &appending(from), rest);
            if !ending.as_ref().is_some_and(is_well) {
                return Err(said(ending.as_ref()));
            }
            pieces += 1;
        }
        from = range.end;
    }
    Ok(pieces)
}
