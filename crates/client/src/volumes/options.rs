//! What can be said to `stowage volumes …`.

use clap::{Args, Subcommand, ValueEnum};
use domain::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Common;
use crate::scope::ScopeName;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the data volumes that you may see.
    List(List),
    /// Shows one data volume with its shares.
    Show(One),
    /// Makes a data volume of a claim that is there, or of a new one.
    Create(Create),
    /// Changes description and tags; what is not named stays.
    Edit(Edit),
    /// Shares a data volume with projects, departments or clusters.
    Share(Share),
    /// Takes a share back.
    Unshare(Unshare),
    /// Deletes a data volume that nobody else has.
    Delete(Delete),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those that this project can use
    #[arg(long, value_name = "PROJECT", conflicts_with = "originated")]
    pub(super) usable_in: Option<String>,
    /// Only those that originate where you have a role
    #[arg(long)]
    pub(super) originated: bool,
    /// Words that all have to stand in name, description or tags
    #[arg(long, value_name = "WORDS")]
    pub(super) search: Option<String>,
    /// Field, operator and value, such as `projectName==vision` or `name=@image`; may be given several times
    #[arg(long = "filter", value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// What to sort by
    #[arg(long, value_name = "FIELD", default_value = "name")]
    pub(super) sort_by: String,
    /// The largest or newest first
    #[arg(long)]
    pub(super) descending: bool,
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub struct One {
    /// Its name or id
    pub(super) volume: String,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub struct Create {
    /// A name that is free in the cluster: a–z, 0–9 and hyphens
    pub(super) name: String,
    /// The project that it originates in, by name or id
    #[arg(long)]
    pub(super) project: String,
    /// The claim (or folder) of the project that is to hold the bytes; deleting the data volume keeps it
    #[arg(
        long,
        required_unless_present = "storage_class",
        conflicts_with = "storage_class"
    )]
    pub(super) claim: Option<String>,
    /// The storage class to take a new claim from; deleting the data volume destroys it
    #[arg(long, requires = "size")]
    pub(super) storage_class: Option<String>,
    /// The size of the new claim, such as 100GiB
    #[arg(long, requires = "storage_class")]
    pub(super) size: Option<Bytes>,
    /// One line about it
    #[arg(long, default_value = "")]
    pub(super) description: String,
    /// A word to find it by; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Does not wait until its storage is there
    #[arg(long)]
    pub(super) no_wait: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub struct Edit {
    /// Its name or id
    pub(super) volume: String,
    /// One line about it
    #[arg(long)]
    pub(super) description: Option<String>,
    /// A word to find it by, in place of those it has; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Option<Vec<String>>,
    /// Takes all tags away
    #[arg(long, conflicts_with = "tags")]
    pub(super) no_tags: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    ReadOnly,
    ReadWrite,
}

#[derive(Debug, Args)]
pub struct Share {
    /// Its name or id
    pub(super) volume: String,
    /// With whom: project:NAME, department:NAME or cluster:NAME; may be given several times
    #[arg(long, value_name = "SCOPE", required = true)]
    pub(super) with: Vec<ScopeName>,
    /// What they may do with the files
    #[arg(long, value_enum, default_value_t = Mode::ReadOnly)]
    pub(super) mode: Mode,
    /// The folder to share, such as train/images; all of the volume without it
    #[arg(long, value_name = "PATH")]
    pub(super) folder: Option<String>,
    /// Why, for others to read
    #[arg(long, default_value = "")]
    pub(super) reason: String,
    /// When it ends by itself: a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) expires_at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub struct Unshare {
    /// Its name or id
    pub(super) volume: String,
    /// From whom: project:NAME, department:NAME or cluster:NAME; may be given several times
    #[arg(long, value_name = "SCOPE", required = true)]
    pub(super) from: Vec<ScopeName>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub struct Delete {
    /// Its name or id
    pub(super) volume: String,
    /// Does not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Does not wait until it is gone
    #[arg(long)]
    pub(super) no_wait: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// A day is its beginning, in UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day: Date = text.parse().map_err(|_| "write a day such as 2027-01-31")?;
    let start = day
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|error| error.to_string())?;
    Ok(start.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_ends_on_a_day_or_at_a_time() {
        assert_eq!(
            time("2027-01-31").unwrap().to_string(),
            "2027-01-31T00:00:00Z"
        );
        assert_eq!(
            time("2027-01-31T12:00:00+02:00").unwrap().to_string(),
            "2027-01-31T10:00:00Z"
        );
        assert!(time("tomorrow").is_err());
    }
}
