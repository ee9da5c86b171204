//! The table of the pages of apps.

use aceso_web::site::{Admit, PageRoute};

use super::{apps, authorize, consent, picker};
use crate::Login;

/// Every page of letting apps act for oneself.
pub const ROUTES: &[PageRoute<Login>] = &[
    PageRoute::get("/oauth/authorize", Admit::Anybody, |login, ask| {
        Box::pin(authorize::show(login, ask))
    }),
    PageRoute::get("/oauth/consent", Admit::SignedIn, |login, ask| {
        Box::pin(consent::show(login, ask))
    }),
    PageRoute::post("/oauth/consent", Admit::SignedIn, |login, ask| {
        Box::pin(consent::post(login, ask))
    }),
    PageRoute::get("/oauth/patient", Admit::SignedIn, |login, ask| {
        Box::pin(picker::show(login, ask))
    }),
    PageRoute::post("/oauth/patient", Admit::SignedIn, |login, ask| {
        Box::pin(picker::post(login, ask))
    }),
    PageRoute::get("/account/apps", Admit::SignedIn, |login, ask| {
        Box::pin(apps::show(login, ask))
    }),
    PageRoute::post("/account/apps/revoke", Admit::SignedIn, |login, ask| {
        Box::pin(apps::revoke(login, ask))
    }),
    PageRoute::get("/apps", Admit::SignedIn, |login, ask| {
        Box::pin(apps::open(login, ask))
    }),
    PageRoute::post("/apps/open", Admit::SignedIn, |login, ask| {
        Box::pin(apps::launch(login, ask))
    }),
];
