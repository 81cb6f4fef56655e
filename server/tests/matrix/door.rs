//! One row of the matrix: a request, and what stands for the object that it is about.

/// One row of the matrix.
pub(super) struct Door {
    pub(super) method: &'static str,
    /// As the product names it.
    pub(super) path: &'static str,
    /// What `{id}` stands for in it.
    id: &'static str,
    /// Behind the path.
    query: &'static str,
    body: Option<Body>,
    pub(super) headers: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    Json(&'static str),
    Form(&'static str),
}

impl Door {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The address with its placeholders.
    pub(super) fn address(&self) -> String {
        let path = self.path.replace("{id}", &format!("{{{}}}", self.id));
        let path = path.replace("{*address}", "no-such-page");
        let path = path.replace("{key}", "no-such-provider");
        format!("{path}{}", self.query)
    }

    /// Whether what it is about is gone when somebody may do it.
    pub(super) fn takes_away_a_rule(&self) -> bool {
        let body = self.body().map(|(_, text)| text).unwrap_or_default();
        (self.address() + &body).contains("{access_rule_id}")
    }

    /// Content type and body with its placeholders.
    pub(super) fn body(&self) -> Option<(&'static str, String)> {
        match self.body? {
            Body::Json(text) => Some(("application/json", text.to_owned())),
            Body::Form(text) => Some(("application/x-www-form-urlencoded", text.to_owned())),
        }
    }

    pub(super) const fn with(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) const fn asking(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn about(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    pub(super) const fn saying(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }
}

/// A request without a body, about a data volume.
pub(super) const fn door(method: &'static str, path: &'static str) -> Door {
    Door {
        method,
        path,
        id: "data_volume_id",
        query: "",
        body: None,
        headers: &[],
    }
}
