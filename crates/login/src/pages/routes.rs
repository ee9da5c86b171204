//! The table of these pages.

use aceso_policy::Task;
use aceso_web::site::{Admit, PageRoute};

use super::{
    Pages, account, add_app, add_passkey, approval, demo, draft, enrol, forgot, identities,
    invitation, lock, look, notices, outside, password, recovery, reset, second, sessions, set_up,
    shares, sign_in, sign_out, step_up, still, switch,
};

macro_rules! get {
    ($path:literal, $admit:expr, $handler:path) => {
        PageRoute::get($path, $admit, |pages, ask| Box::pin($handler(pages, ask)))
    };
}

macro_rules! post {
    ($path:literal, $admit:expr, $handler:path) => {
        PageRoute::post($path, $admit, |pages, ask| Box::pin($handler(pages, ask)))
    };
}

/// Every page of signing in and of one's own account.
pub const ROUTES: &[PageRoute<Pages>] = &[
    get!("/sign-in", Admit::Anybody, sign_in::show),
    post!("/sign-in", Admit::Anybody, sign_in::post),
    post!("/sign-in/passkey", Admit::Anybody, sign_in::passkey),
    get!("/sign-in/second", Admit::Anybody, second::show),
    post!("/sign-in/second", Admit::Anybody, second::post),
    post!("/sign-in/second/passkey", Admit::Anybody, second::passkey),
    get!("/sign-in/recovery", Admit::Anybody, second::show_recovery),
    post!("/sign-in/recovery", Admit::Anybody, second::post_recovery),
    post!("/sign-in/approval", Admit::Anybody, approval::ask),
    post!("/sign-in/approval/{id}", Admit::Anybody, approval::take),
    post!("/sign-in/with/{provider}", Admit::Anybody, outside::sign_in),
    get!(
        "/sign-in/with/{provider}/back",
        Admit::Anybody,
        outside::back
    ),
    post!("/sign-out", Admit::AnySession, sign_out::post),
    get!("/still", Admit::Anybody, still::show).unattended(),
    get!("/switch", Admit::AnySession, switch::show),
    post!("/switch", Admit::AnySession, switch::post),
    post!("/switch/{session}", Admit::Anybody, switch::resume),
    get!("/draft", Admit::SignedIn, draft::show),
    post!("/draft", Admit::SignedIn, draft::answer),
    get!("/lock", Admit::AnySession, lock::show),
    post!("/lock", Admit::AnySession, lock::lock),
    post!("/unlock", Admit::AnySession, lock::unlock),
    post!("/unlock/passkey", Admit::AnySession, lock::passkey),
    post!(
        "/unlock/with/{provider}",
        Admit::AnySession,
        outside::unlock
    ),
    get!("/step-up", Admit::SignedIn, step_up::show),
    post!("/step-up", Admit::SignedIn, step_up::post),
    post!("/step-up/passkey", Admit::SignedIn, step_up::passkey),
    post!(
        "/step-up/with/{provider}",
        Admit::SignedIn,
        outside::step_up
    ),
    get!("/forgot", Admit::Anybody, forgot::show),
    get!("/look", Admit::Anybody, look::show),
    post!("/look", Admit::Anybody, look::save),
    post!("/forgot", Admit::Anybody, forgot::post),
    get!("/set-up/{token}", Admit::Anybody, set_up::show),
    post!("/set-up/{token}", Admit::Anybody, set_up::post),
    get!("/invitation/{token}", Admit::Anybody, invitation::show),
    post!("/invitation/{token}", Admit::Anybody, invitation::post),
    post!(
        "/invitation/{token}/passkey",
        Admit::Anybody,
        invitation::passkey
    ),
    get!("/reset/{token}", Admit::Anybody, reset::show),
    post!("/reset/{token}", Admit::Anybody, reset::post),
    get!("/demo/sign-in/{token}", Admit::Anybody, demo::show),
    post!("/demo/sign-in/{token}", Admit::Anybody, demo::post),
    get!(
        "/recovery-shares",
        Admit::Task(Task::ManageKeys),
        shares::show
    ),
    post!(
        "/recovery-shares",
        Admit::Task(Task::ManageKeys),
        shares::post
    ),
    post!(
        "/recovery-shares/check",
        Admit::Task(Task::ManageKeys),
        shares::check
    ),
    get!("/account", Admit::SignedIn, account::show),
    get!("/account/enrol", Admit::Enrolling, enrol::show),
    get!("/account/passkeys/new", Admit::SignedIn, add_passkey::show),
    post!("/account/passkeys", Admit::Enrolling, add_passkey::post),
    get!("/account/app", Admit::Enrolling, add_app::show),
    post!("/account/app", Admit::Enrolling, add_app::post),
    get!("/account/password", Admit::SignedIn, password::show),
    post!("/account/password", Admit::SignedIn, password::post),
    get!("/account/recovery-codes", Admit::SignedIn, recovery::show),
    post!("/account/recovery-codes", Admit::SignedIn, recovery::post),
    get!(
        "/account/credentials/{id}/rename",
        Admit::SignedIn,
        account::show_rename
    ),
    post!(
        "/account/credentials/{id}/rename",
        Admit::SignedIn,
        account::rename
    ),
    get!(
        "/account/credentials/{id}/remove",
        Admit::SignedIn,
        account::show_remove
    ),
    post!(
        "/account/credentials/{id}/remove",
        Admit::SignedIn,
        account::remove
    ),
    get!(
        "/account/identities/{id}/remove",
        Admit::SignedIn,
        identities::show
    ),
    post!(
        "/account/identities/{id}/remove",
        Admit::SignedIn,
        identities::remove
    ),
    get!("/account/sessions", Admit::SignedIn, sessions::show),
    post!(
        "/account/sessions/end-others",
        Admit::SignedIn,
        sessions::end_others
    ),
    post!("/account/sessions/{id}/end", Admit::SignedIn, sessions::end),
    post!(
        "/account/devices/{hash}/forget",
        Admit::SignedIn,
        sessions::forget
    ),
    get!("/account/approvals", Admit::SignedIn, approval::show),
    post!("/account/approvals/{id}", Admit::SignedIn, approval::answer),
    get!("/account/notices", Admit::SignedIn, notices::show),
    post!("/account/notices/seen", Admit::SignedIn, notices::seen),
];
