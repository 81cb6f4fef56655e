//! Requests for shares: who may not share asks, who may approves or refuses.
//!
//! A request gives nothing. Approving one is sharing, with all the rights at both ends that sharing takes.

use authz::{Action, Caller};
use domain::{
    DataVolume, DataVolumeId, EventKind, Placed, Reach, RequestAnswer, ShareRequest,
    ShareRequestId, UserId, VolumePath,
};
use store::Tx;
use wire::{AnswerView, NewAnswer, NewShare, ShareRequestView, ShareRequestsPage};

use crate::audit::Target;
use crate::catalogue::names;
use crate::error::Kind;
use crate::scope_tree::ScopeTree;
use crate::shares::{checked_reason, impossibility, receiving_scope, refuse_the_past};
use crate::views::Eyes;
use crate::{Error, Result, Service};

/// How many requests a list holds.
const SHOWN: u32 = 100;

impl Service {
    /// Asks those who may share a data volume to share it with a scope.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume or scope, [`Error::Forbidden`],
    /// [`Error::Invalid`] when a field is wrong, [`Error::Conflict`] when nobody could share it so, or when
    /// the scope has it or is asked for already.
    pub async fn ask_for_share(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        wanted: NewShare,
    ) -> Result<ShareRequestView> {
        let answer = self.add_request(caller, id, wanted).await;
        self.noted(caller, EventKind::ShareRequested, id, answer)
            .await
    }

    async fn add_request(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        wanted: NewShare,
    ) -> Result<ShareRequestView> {
        if !wanted.sub_path.is_root() {
            let message = "A request is for all of the volume; who approves it may share a folder.";
            return Err(Error::invalid("subPath", message));
        }
        let mut tx = self.0.store.begin().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::AskForShare, id).await?;
        let scope = tx.scope(&wanted.scope_id).await?;
        let scope = scope
            .filter(|scope| caller.sees_scope(&scope.path))
            .ok_or(Error::NotFound(Kind::Scope))?;
        if let Some(reason) = impossibility(&volume, &scope) {
            return Err(Error::Conflict(reason));
        }
        if tx
            .shares_of(id)
            .await?
            .iter()
            .any(|share| share.scope == scope.path)
        {
            return Err(Error::Conflict(format!(
                "It is shared with {} already.",
                scope.name
            )));
        }
        let known = tx.share_requests_of(id, SHOWN).await?;
        if known
            .iter()
            .any(|request| request.answer.is_none() && request.scope == scope.path)
        {
            return Err(Error::Conflict(format!(
                "Somebody asked for {} already; that request still waits for its answer.",
                scope.name
            )));
        }
        let now = self.0.clock.now();
        refuse_the_past(wanted.expires_at, now)?;
        let request = ShareRequest {
            id: ShareRequestId(self.0.ids.fresh()),
            data_volume_id: id,
            scope: scope.path.clone(),
            mode: wanted.mode,
            reason: checked_reason(&wanted.reason)?,
            expires_at: wanted.expires_at,
            requested_by: caller.id(),
            requested_at: now,
            answer: None,
        };
        tx.add_share_request(&request).await?;
        tx.record(&self.event(
            Some(caller),
            EventKind::ShareRequested,
            &volume,
            &scope.name,
        ))
        .await?;
        tx.commit().await?;
        self.announce(EventKind::ShareRequested, &volume);
        self.shown(caller, request, &volume).await
    }

    /// Approves a request, which shares the data volume as was asked, or refuses it with a reason.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such request, [`Error::Forbidden`] when they may not
    /// share the data volume or not with that scope, [`Error::Invalid`] for a refusal without a reason,
    /// [`Error::Conflict`] when it was answered already or cannot be shared any more.
    pub async fn answer_share_request(
        &self,
        caller: &Caller,
        id: ShareRequestId,
        new: NewAnswer,
    ) -> Result<ShareRequestView> {
        let kind = if new.is_approved {
            EventKind::ShareApproved
        } else {
            EventKind::ShareRefused
        };
        let mut tx = self.0.store.read().await?;
        let request = tx.share_request(id).await?;
        drop(tx);
        let target = match &request {
            Some(request) => Target::DataVolume(request.data_volume_id),
            None => Target::DataVolume(DataVolumeId(id.0)),
        };
        let answer = self.answer(caller, id, new, kind).await;
        self.noted(caller, kind, target, answer).await
    }

    async fn answer(
        &self,
        caller: &Caller,
        id: ShareRequestId,
        new: NewAnswer,
        kind: EventKind,
    ) -> Result<ShareRequestView> {
        let missing = || Error::NotFound(Kind::ShareRequest);
        let mut tx = self.0.store.begin().await?;
        let request = tx.share_request(id).await?.ok_or_else(missing)?;
        let volume = tx
            .data_volume(request.data_volume_id)
            .await?
            .ok_or_else(missing)?;
        caller
            .authorize(Action::Share, &volume)
            .map_err(|refusal| Error::refused(refusal, Kind::ShareRequest))?;
        if !caller.sees_scope(&request.scope) {
            return Err(missing());
        }
        let reason = checked_reason(&new.reason)?;
        if !new.is_approved && reason.is_empty() {
            return Err(Error::invalid(
                "reason",
                "Say why, so that they know what to do instead.",
            ));
        }
        let answer = RequestAnswer {
            is_approved: new.is_approved,
            reason,
            answered_by: caller.id(),
            answered_at: self.0.clock.now(),
        };
        if !tx.answer_share_request(id, &answer).await? {
            return Err(Error::Conflict(
                "Somebody has answered this request already.".into(),
            ));
        }
        let name = self.tree().await?.name(request.scope.id());
        tx.record(&self.event(Some(caller), kind, &volume, name))
            .await?;
        if new.is_approved {
            let scope = receiving_scope(&mut tx, caller, request.scope.id()).await?;
            let wanted = NewShare {
                scope_id: scope.id().clone(),
                mode: request.mode,
                sub_path: VolumePath::root(),
                reason: request.reason.clone(),
                expires_at: request.expires_at,
            };
            self.offer(&mut tx, caller, &volume, &scope, &wanted)
                .await?;
        }
        tx.commit().await?;
        let mut heard = volume.clone();
        if new.is_approved {
            heard
                .reaches
                .push(Reach::whole(request.scope.clone(), request.mode));
        }
        self.announce(kind, &heard);
        self.wake();
        let request = ShareRequest {
            answer: Some(answer),
            ..request
        };
        self.shown(caller, request, &volume).await
    }

    /// Takes back a request of one's own that still waits.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller made no such request, or does not see its data volume any more;
    /// [`Error::Conflict`] when it was answered already.
    pub async fn withdraw_share_request(&self, caller: &Caller, id: ShareRequestId) -> Result<()> {
        let missing = || Error::NotFound(Kind::ShareRequest);
        let mut tx = self.0.store.begin().await?;
        let request = tx.share_request(id).await?;
        let request = request
            .filter(|request| request.requested_by == caller.id())
            .ok_or_else(missing)?;
        let volume = tx
            .data_volume(request.data_volume_id)
            .await?
            .ok_or_else(missing)?;
        caller
            .authorize(Action::See, &volume)
            .map_err(|refusal| Error::refused(refusal, Kind::ShareRequest))?;
        if !tx.withdraw_share_request(id).await? {
            return Err(Error::Conflict(
                "Somebody has answered this request already.".into(),
            ));
        }
        let name = self.tree().await?.name(request.scope.id());
        tx.record(&self.event(Some(caller), EventKind::ShareWithdrawn, &volume, name))
            .await?;
        tx.commit().await?;
        self.announce(EventKind::ShareWithdrawn, &volume);
        Ok(())
    }

    /// The latest requests for a data volume, as far as the caller may see their scopes, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such data volume.
    pub async fn list_share_requests(
        &self,
        caller: &Caller,
        id: DataVolumeId,
    ) -> Result<Vec<ShareRequestView>> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        let mut requests = tx.share_requests_of(id, SHOWN).await?;
        requests.retain(|request| caller.sees_scope(&request.scope));
        self.views(&mut tx, caller, requests, &[volume]).await
    }

    /// What waits for the caller's answer, and what they asked for themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn my_share_requests(&self, caller: &Caller) -> Result<ShareRequestsPage> {
        let mut tx = self.0.store.read().await?;
        let waiting = tx
            .share_requests_within(&caller.reach(Action::Share), SHOWN)
            .await?;
        let own = tx.share_requests_by(caller.id(), SHOWN).await?;
        let mut ids: Vec<DataVolumeId> = waiting
            .iter()
            .chain(&own)
            .map(|request| request.data_volume_id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut volumes = tx.data_volumes(&ids).await?;
        volumes.retain(|volume| caller.may(Action::See, volume));
        Ok(ShareRequestsPage {
            waiting: self.views(&mut tx, caller, waiting, &volumes).await?,
            own: self.views(&mut tx, caller, own, &volumes).await?,
        })
    }

    async fn shown(
        &self,
        caller: &Caller,
        request: ShareRequest,
        volume: &Placed<DataVolume>,
    ) -> Result<ShareRequestView> {
        let mut tx = self.0.store.read().await?;
        let volumes = std::slice::from_ref(volume);
        let views = self.views(&mut tx, caller, vec![request], volumes).await?;
        views
            .into_iter()
            .next()
            .ok_or(Error::NotFound(Kind::ShareRequest))
    }

    /// The requests whose data volume is among `volumes` and whose scope the caller may see.
    async fn views(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        mut requests: Vec<ShareRequest>,
        volumes: &[Placed<DataVolume>],
    ) -> Result<Vec<ShareRequestView>> {
        requests.retain(|request| caller.sees_scope(&request.scope));
        let people = names(tx, requests.iter().flat_map(people_of)).await?;
        let tree = self.tree().await?;
        let eyes = Eyes {
            caller,
            tree: &tree,
            people: &people,
        };
        Ok(requests
            .iter()
            .filter_map(|request| {
                let of = |volume: &&Placed<DataVolume>| volume.thing.id == request.data_volume_id;
                Some(view(&eyes, &tree, request, volumes.iter().find(of)?))
            })
            .collect())
    }
}

fn people_of(request: &ShareRequest) -> impl Iterator<Item = UserId> + use<> {
    let answered_by = request.answer.as_ref().map(|answer| answer.answered_by);
    std::iter::once(request.requested_by).chain(answered_by)
}

fn view(
    eyes: &Eyes<'_>,
    tree: &ScopeTree,
    request: &ShareRequest,
    volume: &Placed<DataVolume>,
) -> ShareRequestView {
    let may_share = eyes.caller.may(Action::Share, volume);
    let may_receive = tree
        .get(request.scope.id())
        .is_some_and(|scope| eyes.caller.may(Action::ReceiveShare, scope));
    ShareRequestView {
        id: request.id,
        data_volume_id: request.data_volume_id,
        data_volume_name: volume.thing.name.to_string(),
        scope_type: request.scope.scope_type(),
        scope_name: tree.name(request.scope.id()),
        mode: request.mode,
        reason: request.reason.clone(),
        expires_at: request.expires_at,
        requested_by: eyes.person(request.requested_by),
        requested_at: request.requested_at,
        answer: request.answer.as_ref().map(|answer| AnswerView {
            is_approved: answer.is_approved,
            reason: answer.reason.clone(),
            answered_by: eyes.person(answer.answered_by),
            answered_at: answer.answered_at,
        }),
        may_answer: request.answer.is_none() && may_share && may_receive,
        may_withdraw: request.answer.is_none() && request.requested_by == eyes.caller.id(),
    }
}
