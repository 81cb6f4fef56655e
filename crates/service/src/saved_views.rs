//! Views of the catalogue that people save, each for themselves.
//!
//! A view is an address and no right: whoever follows one sees what they may see by then.

use authz::{Caller, Person};
use domain::{EventKind, SavedView, SavedViewId, ViewName};
use wire::{NewSavedView, SavedViewView};

use crate::{Error, Kind, Result, Service};

impl Service {
    /// My views, by name.
    ///
    /// # Errors
    /// [`Error::ForPeople`] when the caller is a program.
    pub async fn list_saved_views(&self, caller: &Caller) -> Result<Vec<SavedViewView>> {
        let person = signed_in(caller)?;
        let views = self.0.store.read().await?.saved_views_of(person.id).await?;
        Ok(views.into_iter().map(shown).collect())
    }

    /// Saves a view for me.
    ///
    /// # Errors
    /// [`Error::ForPeople`], [`Error::Invalid`] when a field is wrong, [`Error::Conflict`] when I have a view
    /// of that name, or too many.
    pub async fn save_view(&self, caller: &Caller, new: NewSavedView) -> Result<SavedViewView> {
        let person = signed_in(caller)?;
        let name: ViewName = new
            .name
            .parse()
            .map_err(|error: domain::NameError| Error::invalid("name", error.to_string()))?;
        if new.query.chars().count() > SavedView::MAX_QUERY {
            return Err(Error::invalid(
                "query",
                format!("At most {} characters fit.", SavedView::MAX_QUERY),
            ));
        }
        let mut tx = self.0.store.begin().await?;
        if tx.saved_views_of(person.id).await?.len() >= SavedView::MOST_PER_PERSON {
            return Err(Error::Conflict(format!(
                "You have {} saved views, and more are not possible. Remove one first.",
                SavedView::MOST_PER_PERSON
            )));
        }
        let view = SavedView {
            id: SavedViewId(self.0.ids.fresh()),
            person_id: person.id,
            name,
            query: new.query,
            created_at: self.0.clock.now(),
        };
        if !tx.add_saved_view(&view).await? {
            return Err(Error::Conflict(format!(
                "You have a view “{}” already. Give this one another name.",
                view.name
            )));
        }
        tx.record(&self.event(Some(caller), EventKind::Created, &view, ""))
            .await?;
        tx.commit().await?;
        Ok(shown(view))
    }

    /// Removes one of my views.
    ///
    /// # Errors
    /// [`Error::ForPeople`], [`Error::NotFound`] when I have no such view.
    pub async fn delete_saved_view(&self, caller: &Caller, id: SavedViewId) -> Result<()> {
        let person = signed_in(caller)?;
        let mut tx = self.0.store.begin().await?;
        let view = tx
            .saved_view(id)
            .await?
            .filter(|view| view.person_id == person.id)
            .ok_or(Error::NotFound(Kind::SavedView))?;
        tx.remove_saved_view(id).await?;
        tx.record(&self.event(Some(caller), EventKind::Deleted, &view, ""))
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn signed_in(caller: &Caller) -> Result<&Person> {
    caller.signed_in_person().ok_or(Error::ForPeople)
}

fn shown(view: SavedView) -> SavedViewView {
    SavedViewView {
        id: view.id,
        name: view.name.to_string(),
        query: view.query,
    }
}
