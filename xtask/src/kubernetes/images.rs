//! Container images made here, of programs of this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{fingerprint, process};

/// What a container of the image starts with.
pub(super) struct Image<'a> {
    /// `docker.io/library/…:…`, the long form that Kubernetes makes of a short one.
    pub(super) name: &'a str,
    pub(super) entry_point: &'a [&'a str],
}

/// Links to the one program that is all of them.
const TOOLS: [&str; 16] = [
    "cat",
    "cp",
    "dd",
    "df",
    "id",
    "ls",
    "mkdir",
    "mount",
    "mv",
    "rm",
    "sh",
    "sha256sum",
    "sleep",
    "stat",
    "tar",
    "touch",
];

/// `toolbox:test`: a shell and what people type into it. It also holds the namespaces of pods.
pub(super) fn toolbox(busybox: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let root = folder.join("toolbox");
    let bin = root.join("bin");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(root.join("tmp"))?;
    fs::copy(busybox, bin.join("busybox"))?;
    for tool in TOOLS {
        symlink("busybox", bin.join(tool))?;
    }
    let image = Image {
        name,
        entry_point: &["/bin/sleep", "2147483647"],
    };
    pack(&image, &root, folder)
}

/// An image of a binary that was built here, with the libraries that it is linked to.
pub(super) fn of_program(program: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let file_name = program
        .file_name()
        .and_then(|name| name.to_str())
        .context("a program without a name")?;
    let root = folder.join(file_name);
    let inside = root.join("usr/bin").join(file_name);
    fs::create_dir_all(inside.parent().context("no folder")?)?;
    fs::create_dir_all(root.join("tmp"))?;
    // What debuggers read is most of it.
    process::run(Command::new("strip").arg("-o").arg(&inside).arg(program))?;
    for library in libraries_in(&process::output(Command::new("ldd").arg(program))?) {
        let copy = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(copy.parent().context("no folder")?)?;
        fs::copy(library, copy).with_context(|| library.to_owned())?;
    }
    let image = Image {
        name,
        entry_point: &[&format!("/usr/bin/{file_name}")],
    };
    pack(&image, &root, folder)
}

/// The files that `ldd` names, the loader among them.
fn libraries_in(listed: &str) -> Vec<&str> {
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .collect()
}

/// Packs a folder as an image of one layer, in an archive that containerd imports.
fn pack(image: &Image<'_>, root: &Path, folder: &Path) -> Result<PathBuf> {
    let layout = root.with_extension("image");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let unpacked = root.with_extension("layer");
    archive(root, &unpacked)?;
    let layer = keep(&blobs, &fs::read(&unpacked)?)?;
    fs::remove_file(unpacked)?;
    let configuration = keep_json(
        &blobs,
        &json!({
            "architecture": architecture(),
            "os": "linux",
            "config": { "Entrypoint": image.entry_point, "Env": ["PATH=/usr/bin:/bin"] },
            "rootfs": { "type": "layers", "diff_ids": [layer.digest] },
        }),
    )?;
    let manifest = keep_json(
        &blobs,
        &json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": configuration.described("application/vnd.oci.image.config.v1+json"),
            "layers": [layer.described("application/vnd.oci.image.layer.v1.tar")],
        }),
    )?;
    let mut described = manifest.described(MANIFEST);
    described["annotations"] = json!({ "io.containerd.image.name": image.name });
    let index = json!({ "schemaVersion": 2, "manifests": [described] });
    fs::write(layout.join("index.json"), index.to_string())?;
    fs::write(
        layout.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    let packed = root.with_extension("tar");
    archive(&layout, &packed)?;
    fs::remove_dir_all(layout)?;
    fs::remove_dir_all(root)?;
    ensure!(packed.starts_with(folder), "an image outside of its folder");
    Ok(packed)
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A file of the image, known by its content.
struct Blob {
    digest: String,
    size: usize,
}

impl Blob {
    fn described(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.size })
    }
}

fn keep_json(blobs: &Path, value: &Value) -> Result<Blob> {
    keep(blobs, value.to_string().as_bytes())
}

fn keep(blobs: &Path, content: &[u8]) -> Result<Blob> {
    let digest = fingerprint::sha256(content);
    fs::write(blobs.join(&digest), content)?;
    Ok(Blob {
        digest: format!("sha256:{digest}"),
        size: content.len(),
    })
}

/// Owned by root inside, whoever packs it.
fn archive(folder: &Path, file: &Path) -> Result<()> {
    process::run(
        Command::new("tar")
            .args([
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--create",
                "--file",
            ])
            .arg(file)
            .arg("--directory")
            .arg(folder)
            .arg("."),
    )
}

/// As Go calls it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_a_library_too() {
        let listed = "\tlinux-vdso.so.1 (0x00007f0ba0b21000)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0b)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f0b)\n";
        assert_eq!(
            libraries_in(listed),
            [
                "/lib/x86_64-linux-gnu/libc.so.6",
                "/lib64/ld-linux-x86-64.so.2"
            ]
        );
    }
}
