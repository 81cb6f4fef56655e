//! Where a page shows the page within it.

use leptos::attr::Attribute;
use leptos::attr::any_attribute::AnyAttribute;
use leptos::prelude::*;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::ssr::StreamBuilder;
use leptos::tachys::view::{Position, PositionState};
use leptos_router::components::Outlet;

/// The page within the page, where that waits for its own data first.
///
/// On the server a `Suspense` draws what is in it several times to find out what it waits for, how often
/// depends on how fast the data come. The browser draws it once. What the page within loads is numbered as it
/// is made, so the two would count differently and the browser would take one answer for another.
#[component]
pub(crate) fn Subpage() -> impl IntoView {
    DrawnOnce(view! { <Outlet/> })
}

/// A view that a `Suspense` around it draws once, when all that it waits for itself is there. What the view
/// waits for needs a `Suspense` of its own.
struct DrawnOnce<V>(V);

impl<V: Render> Render for DrawnOnce<V> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<V: RenderHtml> AddAnyAttr for DrawnOnce<V> {
    type Output<A: Attribute> = DrawnOnce<<V as AddAnyAttr>::Output<A>>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        DrawnOnce(self.0.add_any_attr(attribute))
    }
}

impl<V: RenderHtml + Send> RenderHtml for DrawnOnce<V> {
    type AsyncOutput = Self;
    type Owned = DrawnOnce<V::Owned>;

    const MIN_LENGTH: usize = V::MIN_LENGTH;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self::AsyncOutput {
        self
    }

    fn to_html_with_buf(
        self,
        buffer: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.0
            .to_html_with_buf(buffer, position, escape, mark_branches, attributes);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buffer: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(
            buffer,
            position,
            escape,
            mark_branches,
            attributes,
        );
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    async fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate_async(cursor, position).await
    }

    fn into_owned(self) -> Self::Owned {
        DrawnOnce(self.0.into_owned())
    }
}
