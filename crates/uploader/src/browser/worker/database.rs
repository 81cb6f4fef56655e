//! What `IndexedDB` keeps: where uploads go, and handles of the files. A request of it is answered by an event, and
//! its transaction ends by itself when nothing more is asked.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode,
};

use super::scope;

const NAME: &str = "stowage";
/// One text for each place that files go to.
const PLACES: &str = "places";
/// A list of handles for each drop or choice.
const HANDLES: &str = "handles";

pub(super) struct Database(IdbDatabase);

/// Both stores in one transaction that writes.
pub(super) struct Stores {
    pub(super) places: Store,
    pub(super) handles: Store,
}

pub(super) struct Store(IdbObjectStore);

impl Database {
    /// Opens it and makes it where it is not; refused where the browser keeps nothing.
    pub(super) async fn open() -> Result<Self, JsValue> {
        let factory = scope().indexed_db()?.ok_or(JsValue::NULL)?;
        let request: IdbOpenDbRequest = factory.open_with_u32(NAME, 1)?;
        let make = Closure::once_into_js({
            let request = request.clone();
            move || {
                let made: Option<IdbDatabase> =
                    request.result().ok().and_then(|it| it.dyn_into().ok());
                for store in [PLACES, HANDLES] {
                    // Refused only where the store is there.
                    let _ = made.as_ref().map(|made| made.create_object_store(store));
                }
            }
        });
        request.set_onupgradeneeded(Some(make.unchecked_ref()));
        let opened: IdbDatabase = done(&request).await?.dyn_into()?;
        // When the person signs out, the browser is told to forget all this.
        let close = Closure::once_into_js({
            let opened = opened.clone();
            move || opened.close()
        });
        opened.set_onversionchange(Some(close.unchecked_ref()));
        Ok(Self(opened))
    }

    /// Refused when the browser closed the database meanwhile.
    pub(super) fn stores(&self) -> Result<Stores, JsValue> {
        let names = Array::of2(&PLACES.into(), &HANDLES.into());
        let transaction = self
            .0
            .transaction_with_str_sequence_and_mode(&names, IdbTransactionMode::Readwrite)?;
        Ok(Stores {
            places: Store(transaction.object_store(PLACES)?),
            handles: Store(transaction.object_store(HANDLES)?),
        })
    }
}

impl Store {
    /// All that it holds, by key.
    pub(super) async fn all(&self) -> Result<Vec<(String, JsValue)>, JsValue> {
        let (keys, values) = (self.0.get_all_keys()?, self.0.get_all()?);
        // Requests are answered in their order.
        let values = done(&values).await?;
        let keys = Array::from(&keys.result()?);
        let keys = keys.iter().map(|key| key.as_string().unwrap_or_default());
        Ok(keys.zip(Array::from(&values).iter()).collect())
    }

    pub(super) async fn is_empty(&self) -> Result<bool, JsValue> {
        Ok(done(&self.0.count()?).await?.as_f64() == Some(0.0))
    }

    pub(super) fn put(&self, key: &str, value: &JsValue) -> Result<(), JsValue> {
        self.0.put_with_key(value, &key.into()).map(drop)
    }

    /// Deletes what has this key, and what has one that goes on from it.
    pub(super) fn delete(&self, key: &str) -> Result<(), JsValue> {
        self.0.delete(&key.into())?;
        let after = IdbKeyRange::bound(&format!("{key}\0").into(), &format!("{key}\u{1}").into())?;
        self.0.delete(&after).map(drop)
    }
}

/// Waits until a request is answered.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let answered = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(answered).await?;
    request.result()
}
