//! People at the program's pages, over HTTP, by forms alone.

mod alone;
mod aside;
mod below;
mod first;
mod guess;
mod leave;
mod part2;
mod totp;
mod walk;

use crate::browser::{Browser, Page};
use crate::stage::{Server, Stage};
use totp::App;

const PASSWORD: &str = "seven green herons at dusk";

/// A clinic that is set up.
struct Clinic {
    stage: Stage,
    server: Server,
    /// The administrator's browser, signed in.
    root: Browser,
    app: App,
}

impl Clinic {
    fn new() -> Self {
        Self::with("")
    }

    /// With this configuration.
    fn with(config: &str) -> Self {
        Self::at(Stage::new(), config)
    }

    /// At this place, with this configuration.
    fn at(stage: Stage, config: &str) -> Self {
        stage.file("data/aceso.toml", config);
        private(&stage);
        let (server, said) = stage.serve_saying(&[], "/set-up/");
        let mut root = Browser::new(&server.address);
        let path = path(said.lines().last().unwrap().trim());
        let page = root.open(path).expect(200, "the set-up page");
        let typed = [
            ("display", "Root Admin"),
            ("user", "root"),
            ("password", PASSWORD),
        ];
        let page = root.submit(&page, path, &typed);
        let page = root.follow(page).expect(200, "enrolment");
        assert!(page.body.contains("/account/app"), "{}", page.body);
        let app = enrol(&mut root);
        Self {
            stage,
            server,
            root,
            app,
        }
    }

    /// A new person who took up the invitation, with an authenticator app where the role asks for one.
    fn person(&self, name: &str, role: &str, more: &[&str]) -> (Browser, Option<App>) {
        let args = [&["user", "add", name, "--role", role], more].concat();
        let said = self.stage.expect(&args, 0);
        let link = path(said.lines().last().unwrap()).to_owned();
        let mut browser = Browser::new(&self.server.address);
        let page = browser.open(&link).expect(200, "the invitation");
        let page = browser.submit(&page, &link, &[("password", PASSWORD)]);
        let page = browser.follow(page).expect(200, "after the invitation");
        let app = page
            .body
            .contains("/account/app")
            .then(|| enrol(&mut browser));
        (browser, app)
    }
}

impl Clinic {
    /// A new person with nothing but a password: as far as an attacker comes.
    fn person_quickly(&self, name: &str) {
        let args = ["user", "add", name, "--role", "patient", "--patient", "p"];
        let said = self.stage.expect(&args, 0);
        let link = path(said.lines().last().unwrap()).to_owned();
        let mut browser = Browser::new(&self.server.address);
        let page = browser.open(&link).expect(200, "the invitation");
        let page = browser.submit(&page, &link, &[("password", PASSWORD)]);
        browser.follow(page).expect(200, "after the invitation");
    }
}

/// The data directory was made by the test itself.
fn private(stage: &Stage) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(stage.data(), mode).unwrap();
}

/// Enrols an authenticator app in a session that has to.
fn enrol(browser: &mut Browser) -> App {
    let page = browser.open("/account/app").expect(200, "the app's page");
    let app = App::shown(&page);
    let code = app.code_after(0);
    let page = browser.submit(&page, "/account/app", &[("code", &code)]);
    browser.follow(page).expect(200, "after enrolment");
    app
}

/// Signs in by password, and by the app where there is one; the last page.
fn sign_in(browser: &mut Browser, user: &str, password: &str, app: Option<&App>) -> Page {
    let page = browser.open("/sign-in").expect(200, "the sign-in page");
    let typed = [("user", user), ("password", password)];
    let page = browser.submit(&page, "/sign-in", &typed);
    let page = browser.follow(page);
    let Some(app) = app else { return page };
    if page.form("/sign-in/second").is_none() {
        return page;
    }
    let page = browser.submit(&page, "/sign-in/second", &[("code", &app.fresh_code())]);
    browser.follow(page)
}

/// Whether the browser is signed in, as its account page tells.
fn is_in(browser: &Browser) -> bool {
    browser.clone().get("/account").status == 200
}

/// The path of a link.
fn path(link: &str) -> &str {
    let (_, rest) = link.split_once("://").unwrap();
    &rest[rest.find('/').unwrap()..]
}
