//! The compiler that builds everything: the server, the browser's half and the checks.
//!
//! It need not be the one that built this program. Where the active toolchain can neither build for
//! wasm32 nor download what is missing, Debian's compiler in `/usr/bin` does it (`setup::wasm_toolchain`),
//! and then for the server too, so that no crate is compiled by two compilers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::workspace::Workspace;

pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A Rust compiler with its cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that runs this program.
    Active,
    /// One whose programs lie in a folder.
    In(PathBuf),
}

impl Toolchain {
    /// A call of cargo, or of one of its subcommands, in the root of the checkout.
    pub(crate) fn cargo(&self, workspace: &Workspace) -> Command {
        let mut command = match self {
            Self::Active => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
            Self::In(folder) => Command::new(folder.join("cargo")),
        };
        self.prepare(&mut command);
        command
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", &workspace.target);
        command
    }

    /// `cargo test` of the whole workspace but what runs in the browser: with another selection, libraries
    /// would get other features and be built again.
    pub(crate) fn cargo_test(&self, workspace: &Workspace) -> Command {
        let mut cargo = self.cargo(workspace);
        cargo.args(["test", "--workspace", "--exclude", "frontend"]);
        cargo
    }

    /// A call of a program that comes with this compiler, `cargo-fmt` for example: cargo itself would
    /// look for it among rustup's first.
    pub(crate) fn program(&self, name: &str, workspace: &Workspace) -> Command {
        match self {
            Self::Active => self.program_at(Path::new(name), workspace),
            Self::In(folder) => self.program_at(&folder.join(name), workspace),
        }
    }

    /// A call of any program that calls this compiler.
    pub(crate) fn program_at(&self, program: &Path, workspace: &Workspace) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", &workspace.target);
        command
    }

    /// Whether this compiler has a standard library for wasm32 that it can read.
    pub(crate) fn builds_wasm(&self) -> bool {
        let folder = env::temp_dir();
        let mut rustc = self.rustc();
        rustc
            .args(["--target", WASM_TARGET, "--crate-type", "lib"])
            .args(["--crate-name", "stowage_probe", "--emit", "metadata", "-"])
            .arg("--out-dir")
            .arg(&folder);
        let builds = process::succeeds(&mut rustc);
        let _ = std::fs::remove_file(folder.join("libstowage_probe.rmeta"));
        builds
    }

    /// `1.96.0` as (1, 96); `None` where there is no compiler.
    pub(crate) fn version(&self) -> Option<(u32, u32)> {
        let answer = self.rustc().arg("--version").output().ok()?;
        version_in(&String::from_utf8(answer.stdout).ok()?)
    }

    fn rustc(&self) -> Command {
        let mut command = match self {
            Self::Active => Command::new("rustc"),
            Self::In(folder) => Command::new(folder.join("rustc")),
        };
        self.prepare(&mut command);
        command
    }

    /// What `cargo run` and rustup's proxies left in the environment speaks of the compiler that built
    /// this program.
    fn prepare(&self, command: &mut Command) {
        let stale = env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        for name in stale {
            command.env_remove(name);
        }
        let Self::In(folder) = self else { return };
        for name in [
            "CARGO",
            "RUSTUP_TOOLCHAIN",
            "RUST_RECURSION_COUNT",
            "LD_LIBRARY_PATH",
        ] {
            command.env_remove(name);
        }
        command
            .env("RUSTC", folder.join("rustc"))
            .env("RUSTDOC", folder.join("rustdoc"))
            .env("PATH", path_with(folder));
    }
}

fn path_with(folder: &Path) -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path)
}

fn version_in(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_its_first_two_numbers() {
        assert_eq!(
            version_in("rustc 1.96.0 (abc 2026-05-01) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(version_in("rustc"), None);
    }
}
