//! The text of tus 1.0.0, sentence by sentence: every MUST and SHOULD that binds a server, and what this one
//! does. The whole table is a snapshot, so that a change of behaviour is seen beside the sentence it is about.

use std::fmt::Write as _;
use std::path::Path;

use http::HeaderMap;
use jiff::SignedDuration;

use super::place::{Answer, Asked, Place, STREAM, TUS, ask, metadata};

/// Headers that a sentence may be about.
const SHOWN: &[&str] = &[
    "allow",
    "cache-control",
    "location",
    "tus-checksum-algorithm",
    "tus-extension",
    "tus-max-size",
    "tus-resumable",
    "tus-version",
    "upload-concat",
    "upload-defer-length",
    "upload-expires",
    "upload-length",
    "upload-metadata",
    "upload-offset",
];

/// What is asked and answered under one sentence, in the order in which it happens.
struct Scene {
    place: Place,
    told: String,
}

impl Scene {
    fn new() -> Self {
        Self {
            place: Place::new(),
            told: String::new(),
        }
    }

    /// Asks, and writes both down. Ids differ each time and are not shown.
    async fn say(
        &mut self,
        method: &str,
        address: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Answer {
        let mut asked: Asked = ask(method, address).body(body.to_owned());
        let mut said = format!("    {method} {}", nameless(address));
        for (name, value) in headers {
            asked = asked.with(name, value);
            let _ = write!(said, " · {name}: {}", nameless(value));
        }
        if !body.is_empty() {
            let _ = write!(said, " · “{body}”");
        }
        let answer = asked.of(&self.place).await;
        let _ = writeln!(
            self.told,
            "{said}\n      → {}{}",
            answer.status,
            shown(&answer.headers)
        );
        answer
    }

    async fn begin(&mut self, headers: &[(&'static str, &str)]) -> String {
        let answer = self.say("POST", "/uploads", headers, "").await;
        format!("/{}", answer.header("location").unwrap_or("nowhere"))
    }

    async fn ten_bytes(&mut self) -> String {
        self.begin(&[TUS, ("upload-length", "10"), META]).await
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(self.told, "    ({text})");
    }
}

const META: (&str, &str) = ("upload-metadata", "filename YQ==");
const LATER: (&str, &str) = ("upload-defer-length", "1");
const PARTIAL: (&str, &str) = ("upload-concat", "partial");
const UNKNOWN: &str = "/uploads/0123456789abcdef0123456789abcdef";

fn nameless(text: &str) -> String {
    let mut shown = String::new();
    for (index, word) in text.split("uploads/").enumerate() {
        if index == 0 {
            shown.push_str(word);
            continue;
        }
        let is_id = word.len() >= 32 && word.as_bytes()[..32].iter().all(u8::is_ascii_hexdigit);
        let rest = if is_id { &word[32..] } else { word };
        let _ = write!(shown, "uploads/{}{rest}", if is_id { "…" } else { "" });
    }
    shown
}

fn shown(headers: &HeaderMap) -> String {
    let mut text = String::new();
    for name in SHOWN {
        if let Some(value) = headers.get(*name) {
            let _ = write!(text, " · {name}: {}", nameless(value.to_str().unwrap()));
        }
    }
    text
}

/// A section of the text, a sentence of it, and what shows how it is kept.
macro_rules! sentences {
    ($($section:literal, $sentence:literal, |$scene:ident| $shown:block)*) => {
        async fn all() -> String {
            let mut text = String::new();
            $({
                let mut $scene = Scene::new();
                $shown
                let _ = write!(text, "{}\n  {}\n{}\n", $section, $sentence, $scene.told);
            })*
            text
        }
    };
}

sentences! {
    "Upload-Offset", "The value MUST be a non-negative integer.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "-1")], "a").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0.5")], "a").await;
    }
    "Upload-Length", "The value MUST be a non-negative integer.", |scene| {
        scene.begin(&[TUS, META, ("upload-length", "-1")]).await;
        scene.begin(&[TUS, META, ("upload-length", "ten")]).await;
    }
    "Tus-Version", "MUST be a comma-separated list of protocol versions, sorted by Server's preference.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "Tus-Resumable", "MUST be included in every request and response except for OPTIONS requests.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("HEAD", UNKNOWN, &[TUS], "").await;
        scene.say("DELETE", &upload, &[TUS], "").await;
    }
    "Tus-Resumable", "If the version is not supported by the Server, it MUST respond with 412, MUST include Tus-Version, and MUST NOT process the request.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[("tus-resumable", "0.2.2"), STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("DELETE", &upload, &[], "").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "Tus-Extension", "MUST be a comma-separated list of the extensions supported by the Server.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "Tus-Max-Size", "MUST be a non-negative integer; the Server SHOULD set this header if there is a known hard limit.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "X-HTTP-Method-Override", "MUST be interpreted as the request's method by the Server; the actual method MUST be ignored.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("POST", &upload, &[TUS, ("x-http-method-override", "PATCH"), STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("POST", &upload, &[TUS, ("x-http-method-override", "DELETE")], "").await;
        scene.say("GET", &upload, &[TUS, ("x-http-method-override", "DELETE")], "").await;
        scene.note("a method that only looks may not stand for one that changes: whoever passed it on may have asked for less");
    }
    "HEAD", "The Server MUST always include Upload-Offset, even if the offset is 0, or the upload is already completed.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "0123456789").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "HEAD", "If the size of the upload is known, the Server MUST include Upload-Length.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "HEAD", "If the resource is not found, the Server SHOULD return 404, 410 or 403 without Upload-Offset.", |scene| {
        scene.say("HEAD", UNKNOWN, &[TUS], "").await;
    }
    "HEAD", "The Server MUST prevent caching by adding Cache-Control: no-store.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "PATCH", "The Server SHOULD accept PATCH requests against any upload URL and apply the bytes at the given offset.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "0123").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "4")], "456789").await;
        let stored = String::from_utf8(scene.place.read("a")).unwrap();
        scene.note(&format!("the file is “{stored}”"));
    }
    "PATCH", "All PATCH requests MUST use Content-Type: application/offset+octet-stream, otherwise the server SHOULD return 415.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, ("upload-offset", "0"), ("content-type", "text/plain")], "abc").await;
    }
    "PATCH", "If the offsets do not match, the Server MUST respond with 409 without modifying the upload resource.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "1")], "abc").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "PATCH", "The Server MUST acknowledge with 204 and MUST include Upload-Offset, the sum of the offset before and the bytes received.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
    }
    "PATCH", "Against a non-existent resource it SHOULD return 404.", |scene| {
        scene.say("PATCH", UNKNOWN, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
    }
    "PATCH", "Server SHOULD attempt to detect and handle network errors predictably; a timeout SHOULD close the connection; the Server SHOULD always attempt to store as much of the received data as possible.", |scene| {
        scene.note("shown over sockets: what_arrived_before_a_cut_is_kept_and_gone_on_with, a_silent_connection_is_ended_and_its_bytes_are_kept");
    }
    "OPTIONS", "A successful response MUST contain Tus-Version; the Server MUST ignore Tus-Resumable of the request.", |scene| {
        scene.say("OPTIONS", "/uploads", &[("tus-resumable", "0.1")], "").await;
    }
    "Creation", "The Server SHOULD implement the extension, and MUST add creation to Tus-Extension.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
        scene.ten_bytes().await;
    }
    "Upload-Defer-Length", "Its value MUST be 1; for any other value the server should return 400.", |scene| {
        scene.begin(&[TUS, META, ("upload-defer-length", "2")]).await;
    }
    "Upload-Defer-Length", "If the length of an upload is not deferred, this header MUST be omitted.", |scene| {
        scene.begin(&[TUS, META, ("upload-length", "10"), LATER]).await;
        let upload = scene.ten_bytes().await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "Upload-Metadata", "The key MUST NOT contain spaces and commas and MUST NOT be empty; the value MUST be Base64 encoded; all keys MUST be unique.", |scene| {
        scene.begin(&[TUS, ("upload-length", "1"), ("upload-metadata", "filename a b")]).await;
        scene.begin(&[TUS, ("upload-length", "1"), ("upload-metadata", ",")]).await;
        scene.begin(&[TUS, ("upload-length", "1"), ("upload-metadata", "filename !")]).await;
        scene.begin(&[TUS, ("upload-length", "1"), ("upload-metadata", "filename YQ==,filename YQ==")]).await;
    }
    "Upload-Metadata", "Servers SHOULD carefully validate metadata values or sanitize them before using them as header values.", |scene| {
        let evil = metadata("a", &[("note", "x\r\nset-cookie: y")]);
        let upload = scene.begin(&[TUS, ("upload-length", "1"), ("upload-metadata", &evil)]).await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "POST", "The request MUST include Upload-Length or Upload-Defer-Length.", |scene| {
        scene.begin(&[TUS, META]).await;
    }
    "POST", "Once it is known the Client MUST set Upload-Length in the next PATCH. Once set the length MUST NOT be changed. As long as it is not known, the Server MUST set Upload-Defer-Length: 1 in all responses to HEAD.", |scene| {
        let upload = scene.begin(&[TUS, META, LATER]).await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "3"), ("upload-length", "2")], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "3"), ("upload-length", "6")], "d").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "4"), ("upload-length", "7")], "ef").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "4")], "ef").await;
        let stored = String::from_utf8(scene.place.read("a")).unwrap();
        scene.note(&format!("the file is “{stored}”"));
        let upload = scene.begin(&[TUS, ("upload-metadata", "filename Yg=="), LATER]).await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "3"), ("upload-length", "3")], "").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "POST", "If the Server supports deferring length, it MUST add creation-defer-length to Tus-Extension.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "POST", "Responses to HEAD requests MUST include Upload-Metadata and its value as specified by the Client.", |scene| {
        let upload = scene.begin(&[TUS, ("upload-length", "10"), ("upload-metadata", "filename YQ==,is_secret")]).await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "POST", "If the length exceeds the maximum, the Server MUST respond with 413.", |scene| {
        scene.begin(&[TUS, META, ("upload-length", "17592186044417")]).await;
        let upload = scene.begin(&[TUS, META, LATER]).await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-length", "17592186044417")], "a").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "POST", "The Server MUST acknowledge a successful creation with 201 and MUST set Location.", |scene| {
        scene.ten_bytes().await;
    }
    "Creation With Upload", "The Server MUST advertise creation-with-upload; it SHOULD accept as many bytes as possible and MUST include Upload-Offset.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
        scene.say("POST", "/uploads", &[TUS, META, STREAM, ("upload-length", "10")], "hello").await;
    }
    "Creation With Upload", "The Client MUST include Content-Type: application/offset+octet-stream.", |scene| {
        scene.say("POST", "/uploads", &[TUS, META, ("upload-length", "10")], "hello").await;
    }
    "Expiration", "The Server MUST add expiration to Tus-Extension.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "Upload-Expires", "MUST be included in every PATCH response if the upload is going to expire, and in the response to POST if it is known; it MUST be in RFC 7231 datetime format.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
    }
    "Upload-Expires", "To resume an upload which has since been removed, the Server SHOULD respond with 404 or 410, the latter if it is keeping track of expired uploads.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.place.clock.forward(SignedDuration::from_hours(7 * 24));
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
    }
    "Checksum", "The Server MUST add checksum to Tus-Extension; MUST support at least sha1; Tus-Checksum-Algorithm MUST be included in the response to OPTIONS; names MUST be ASCII without uppercase.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "Checksum", "Once the entire request has been received, the Server MUST verify the chunk.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-checksum", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")], "abc").await;
    }
    "Checksum", "Unknown algorithm or mismatch: the uploaded chunk MUST be discarded, and the upload and its offset MUST NOT be updated.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-checksum", "md5 kAFQmDzST7DWlj99KOF/cg==")], "abc").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-checksum", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")], "xyz").await;
        scene.say("HEAD", &upload, &[TUS], "").await;
    }
    "Upload-Checksum", "MUST consist of the name of the algorithm and the Base64 encoded checksum separated by a space.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-checksum", "sha1")], "abc").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0"), ("upload-checksum", "sha1 ?")], "abc").await;
    }
    "Checksum", "If the Server can handle trailers, it MUST add checksum-trailer to Tus-Extension.", |scene| {
        scene.note("trailers are not handled, and not announced");
    }
    "Termination", "MUST be announced by adding termination to Tus-Extension.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "DELETE", "The Server SHOULD free associated resources and MUST respond with 204; for all future requests it SHOULD respond with 404 or 410.", |scene| {
        let upload = scene.ten_bytes().await;
        scene.say("DELETE", &upload, &[TUS], "").await;
        let staged = scene.place.staged().len();
        scene.note(&format!("{staged} files are staged"));
        scene.say("HEAD", &upload, &[TUS], "").await;
        scene.say("PATCH", &upload, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("DELETE", &upload, &[TUS], "").await;
    }
    "Concatenation", "The Server MUST add concatenation to Tus-Extension, and concatenation-unfinished if it takes parts that are still in progress.", |scene| {
        scene.say("OPTIONS", "/uploads", &[], "").await;
    }
    "Concatenation", "The Server SHOULD NOT process partial uploads until they are concatenated.", |scene| {
        let part = scene.begin(&[TUS, META, PARTIAL, ("upload-length", "5")]).await;
        scene.say("PATCH", &part, &[TUS, STREAM, ("upload-offset", "0")], "hello").await;
        let has_file = scene.place.has("a");
        scene.note(if has_file { "there is a file" } else { "there is no file" });
    }
    "Concatenation", "The partial uploads MUST be concatenated in the order of the list, and the length of the final upload MUST be the sum of theirs. After it, Upload-Offset and Upload-Length MUST be set and equal. Metadata of parts SHALL NOT be transferred.", |scene| {
        let a = scene.begin(&[TUS, PARTIAL, ("upload-metadata", "note cGFydA=="), ("upload-length", "5")]).await;
        let b = scene.begin(&[TUS, PARTIAL, ("upload-length", "6")]).await;
        scene.say("PATCH", &b, &[TUS, STREAM, ("upload-offset", "0")], " world").await;
        scene.say("PATCH", &a, &[TUS, STREAM, ("upload-offset", "0")], "hello").await;
        let whole = scene.begin(&[TUS, META, ("upload-concat", &format!("final;{a} https://tus.example.org{b}"))]).await;
        scene.say("HEAD", &whole, &[TUS], "").await;
        let stored = String::from_utf8(scene.place.read("a")).unwrap();
        scene.note(&format!("the file is “{stored}”"));
    }
    "Concatenation", "HEAD of a final upload SHOULD NOT contain Upload-Offset unless the concatenation has been finished; Upload-Length MUST be included if it can be calculated.", |scene| {
        let a = scene.begin(&[TUS, PARTIAL, ("upload-length", "3")]).await;
        let b = scene.begin(&[TUS, PARTIAL, LATER]).await;
        let whole = scene.begin(&[TUS, META, ("upload-concat", &format!("final;{a} {b}"))]).await;
        scene.say("HEAD", &whole, &[TUS], "").await;
        scene.say("PATCH", &a, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("PATCH", &b, &[TUS, STREAM, ("upload-offset", "0")], "de").await;
        scene.say("PATCH", &b, &[TUS, STREAM, ("upload-offset", "2"), ("upload-length", "3")], "f").await;
        scene.say("HEAD", &whole, &[TUS], "").await;
        let stored = String::from_utf8(scene.place.read("a")).unwrap();
        scene.note(&format!("the file is “{stored}”"));
    }
    "Concatenation", "The Client MUST NOT include Upload-Length in the final upload creation.", |scene| {
        let a = scene.begin(&[TUS, PARTIAL, ("upload-length", "0")]).await;
        scene.begin(&[TUS, META, ("upload-length", "0"), ("upload-concat", &format!("final;{a}"))]).await;
    }
    "Concatenation", "The Server MUST respond with 403 to PATCH requests against a final upload URL and MUST NOT modify the final or its partial uploads.", |scene| {
        let a = scene.begin(&[TUS, PARTIAL, ("upload-length", "3")]).await;
        let whole = scene.begin(&[TUS, META, ("upload-concat", &format!("final;{a}"))]).await;
        scene.say("PATCH", &whole, &[TUS, STREAM, ("upload-offset", "0")], "abc").await;
        scene.say("HEAD", &a, &[TUS], "").await;
    }
    "Concatenation", "HEAD of a partial upload MUST contain Upload-Offset; of a partial or final upload Upload-Concat, its value as received.", |scene| {
        let a = scene.begin(&[TUS, PARTIAL, ("upload-length", "3")]).await;
        scene.say("HEAD", &a, &[TUS], "").await;
        let whole = scene.begin(&[TUS, META, ("upload-concat", &format!("final;{a} {a}"))]).await;
        scene.say("HEAD", &whole, &[TUS], "").await;
    }
    "Upload-Concat", "MUST be set in both partial and final upload creation requests and responses; partial, or final; and a space-separated list of URLs.", |scene| {
        scene.begin(&[TUS, META, ("upload-concat", "half"), ("upload-length", "3")]).await;
        scene.begin(&[TUS, META, ("upload-concat", "final;")]).await;
        scene.begin(&[TUS, META, ("upload-concat", "final;/uploads/x")]).await;
        scene.begin(&[TUS, META, ("upload-concat", &format!("final;{UNKNOWN}"))]).await;
    }
}

#[tokio::test]
async fn every_must_and_should_is_kept() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = all().await;
    settings.bind(|| insta::assert_snapshot!("tus_text", text));
}
