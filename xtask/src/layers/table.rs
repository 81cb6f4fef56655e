//! The layers as data.

/// What a crate of ours may have in its manifest.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// Crates of ours.
    pub(super) may_name: Names,
    /// Crates of ours that are named by one of its features only.
    pub(super) may_name_if_optional: &'static [&'static str],
    /// Crates of ours that only its tests may name, to stand in for what is wired to it elsewhere.
    pub(super) may_name_in_tests: &'static [&'static str],
    /// Crates of others.
    pub(super) libraries: Names,
}

/// A set of crates.
pub(super) enum Names {
    All,
    Only(&'static [&'static str]),
}

impl Names {
    pub(super) fn allows(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(&name),
        }
    }
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("anything"),
            Self::Only([]) => f.write_str("crates of this workspace"),
            Self::Only(names) => f.write_str(&names.join(", ")),
        }
    }
}

/// Libraries that have a home: whoever else names them goes around the crate that is there for it.
pub(super) struct Owner {
    /// A name, or the beginning of one when it ends in `*`.
    library: &'static str,
    pub(super) crates: &'static [&'static str],
}

/// The package that looks at the console from outside, with whatever it takes.
pub(super) const TESTS: &str = "tests";

const LAYERS: &[Layer] = &[
    layer("domain", &[]).with_libraries(&["jiff", "serde", "thiserror", "url", "uuid"]),
    layer("authz", &["domain"]).with_libraries(&[]),
    layer("credentials", &["domain"]),
    layer("wire", &["domain"]),
    layer("store", &["domain"]),
    // What tests and measurements have in common.
    layer("adversity", &[]),
    layer("agent", &["domain", "wire"]).with_tests_naming(&["adversity"]),
    layer("cluster", &["agent", "domain", "wire"]),
    layer("uploader", &["domain", "wire"]),
    // A program of people's: it has no door to the console but REST.
    layer("client", &["domain", "uploader", "wire"]),
    layer(
        "identity",
        &["authz", "credentials", "domain", "store", "wire"],
    )
    .with_tests_naming(&["demonstration_provider"]),
    layer("demonstration_provider", &["domain"]),
    layer(
        "service",
        &["authz", "cluster", "credentials", "domain", "store", "wire"],
    )
    .with_tests_naming(&["agent"]),
    layer("api", &["authz", "domain", "service", "wire"]),
    // On the server the pages call the service; in the browser they hold the upload queue.
    layer("app", &["domain", "wire"]).with_optional(&["authz", "service", "uploader"]),
    layer("frontend", &["app"]),
    layer("upload_worker", &["uploader"]),
    Layer {
        name: "server",
        may_name: Names::All,
        may_name_if_optional: &[],
        may_name_in_tests: &[],
        libraries: Names::All,
    },
    Layer {
        name: TESTS,
        may_name: Names::All,
        may_name_if_optional: &[],
        may_name_in_tests: &[],
        libraries: Names::All,
    },
    layer("xtask", &[]),
];

const OWNERS: &[Owner] = &[
    owner("sqlx*", &["store"]),
    owner("kube*", &["cluster"]),
    owner("k8s-openapi", &["cluster"]),
    owner("leptos*", &["app", "frontend", "server"]),
    owner(
        "axum*",
        &[
            "agent",
            "api",
            "app",
            "cluster",
            "demonstration_provider",
            "identity",
            "server",
        ],
    ),
    owner("openidconnect", &["demonstration_provider", "identity"]),
    owner("tower-sessions*", &["identity", "server"]),
    owner(
        "wasm-bindgen",
        &["app", "frontend", "upload_worker", "uploader"],
    ),
    owner("web-sys", &["app", "frontend", "uploader"]),
    owner("anyhow", &["server", "xtask"]),
];

pub(super) fn layer_named(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

/// Who may name a library; `None` when everybody may.
pub(super) fn owner_of(library: &str) -> Option<&'static Owner> {
    OWNERS
        .iter()
        .find(|owner| match owner.library.strip_suffix('*') {
            Some(start) => library.starts_with(start),
            None => owner.library == library,
        })
}

const fn layer(name: &'static str, may_name: &'static [&'static str]) -> Layer {
    Layer {
        name,
        may_name: Names::Only(may_name),
        may_name_if_optional: &[],
        may_name_in_tests: &[],
        libraries: Names::All,
    }
}

const fn owner(library: &'static str, crates: &'static [&'static str]) -> Owner {
    Owner { library, crates }
}

impl Layer {
    const fn with_libraries(mut self, names: &'static [&'static str]) -> Self {
        self.libraries = Names::Only(names);
        self
    }

    const fn with_tests_naming(mut self, names: &'static [&'static str]) -> Self {
        self.may_name_in_tests = names;
        self
    }

    const fn with_optional(mut self, names: &'static [&'static str]) -> Self {
        self.may_name_if_optional = names;
        self
    }
}
