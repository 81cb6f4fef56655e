//! The pages whose code the browser loads when they are opened first.
//!
//! Where most people begin, the catalogue and the frame around every page, comes with the first load. Each
//! group here is a split point: code that only it needs lies in a file of its own. Pages that people open
//! together are one group, since what two groups share goes into one more file.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use crate::pages::administration_page::{
    AccessRulesTab, AdministrationPage, ApplicationsTab, AuditLogTab, DepartmentsTab,
    RetainedVolumesTab, StaticVolumesTab,
};
use crate::pages::data_volume_page::{
    ActivityTab, DataVolumePage, FilesTab, OverviewTab, SharingTab,
};
use crate::pages::device_page::DevicePage;
use crate::pages::my_access_page::MyAccessPage;
use crate::pages::new_data_volume_page::NewDataVolumePage;
use crate::pages::share_requests_page::ShareRequestsPage;
use crate::pages::sign_in_page::SignInPage;

/// Each group with the function that loads it, which `lazy` makes under this name.
macro_rules! lazy_pages {
    ($($group:ident, $preload:ident { $($route:ident: $page:ident),+ $(,)? })+) => {$(
        mod $group {
            pub(super) enum Page {
                $($route),+
            }
        }

        #[lazy]
        fn $group(page: $group::Page) -> AnyView {
            match page {
                $($group::Page::$route => view! { <$page/> }.into_any()),+
            }
        }

        $(
            pub(super) struct $route;

            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_page: Self) -> AnyView {
                    $group($group::Page::$route).await
                }

                // The router waits for it before it draws: what the server drew is only found again by
                // views that are there at once.
                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    $preload().await;
                }
            }
        )+
    )+};
}

lazy_pages! {
    one_data_volume, __preload_one_data_volume {
        DataVolume: DataVolumePage,
        Overview: OverviewTab,
        Files: FilesTab,
        Sharing: SharingTab,
        Activity: ActivityTab,
    }
    administration, __preload_administration {
        Administration: AdministrationPage,
        AccessRules: AccessRulesTab,
        Departments: DepartmentsTab,
        RetainedVolumes: RetainedVolumesTab,
        StaticVolumes: StaticVolumesTab,
        Applications: ApplicationsTab,
        AuditLog: AuditLogTab,
    }
    new_data_volume, __preload_new_data_volume {
        NewDataVolume: NewDataVolumePage,
    }
    account, __preload_account {
        SignIn: SignInPage,
        MyAccess: MyAccessPage,
        Device: DevicePage,
        ShareRequests: ShareRequestsPage,
    }
}
