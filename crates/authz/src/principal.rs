//! Who acts: a person or a program, whatever they may do.

use domain::{ApplicationId, UserId};

/// Somebody who signed in. Known by (`issuer`, `subject`), never by an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id of that person here.
    pub id: UserId,
    /// The issuer that vouched for them.
    pub issuer: String,
    /// Their subject at that issuer.
    pub subject: String,
    /// What to call them.
    pub name: String,
    /// For display only; `None` where the provider has not verified it.
    pub email: Option<String>,
    /// The groups that the provider sent.
    pub groups: Vec<String>,
}

/// A program that acts for itself: a subject of access rules like a person, without groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// What it is called.
    pub name: String,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person, in a browser or through a program that carries one of their access keys.
    Person(Person),
    /// An application.
    Application(Application),
}

impl Principal {
    /// Under which id it is written down what they did.
    pub fn id(&self) -> UserId {
        match self {
            Self::Person(person) => person.id,
            Self::Application(application) => application.id.into(),
        }
    }

    /// What to call them.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(person) => &person.name,
            Self::Application(application) => &application.name,
        }
    }
}

impl From<Person> for Principal {
    fn from(person: Person) -> Self {
        Self::Person(person)
    }
}

impl From<Application> for Principal {
    fn from(application: Application) -> Self {
        Self::Application(application)
    }
}
