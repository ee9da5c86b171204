//! Where devices are listed, those with special rights sign in with nothing else.

use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_policy::{Caller, Role};
use aceso_testkit::device::{Device, MODEL_NAME, Maker, SITE};
use aceso_vault::TotpSecret;
use aceso_vault::passkey::Devices;
use http::StatusCode;

use super::kit::{Answer, Browser, Clinic, PASSWORD, Plan};
use super::outside::plan;
use super::signing_in::app;
use crate::outside::Providers;

/// A clinic that lists the one model of a maker.
fn clinic(maker: &Maker) -> Clinic {
    let devices = Devices::new(
        std::slice::from_ref(&maker.authority),
        &[MODEL_NAME.to_owned()],
    );
    let plan = Plan {
        devices: Some(devices.unwrap()),
        ..plan(SITE, Providers::default())
    };
    let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
    Clinic::of(plan, clock)
}

impl Browser {
    /// Signs in with a password and an app, and proves once more who it is, as new keys ask for.
    async fn come_in(&mut self, clinic: &Clinic, name: &str, app: &TotpSecret) {
        self.sign_in(clinic, name, app).await;
        clinic.clock.advance_millis(90_000);
        self.get("/step-up").await;
        let code = clinic.code(app);
        let to = "/account/passkeys/new";
        let fields = [("password", PASSWORD), ("code", &code), ("to", to)];
        let done = self.post("/step-up", &fields).await;
        assert_eq!(done.to(), to, "{}", done.text);
    }

    /// Makes a passkey at the account's page; `answer` is the device's to what the page asks.
    async fn make(&mut self, answer: impl FnOnce(&str) -> String) -> Answer {
        let asked = self.get("/account/passkeys/new").await;
        let fields = [
            ("state", &*asked.hidden("state")),
            ("credential", &*answer(&asked.options())),
            ("label", "Key"),
        ];
        self.post("/account/passkeys", &fields).await
    }

    /// Signs in with a device alone.
    async fn use_device(&mut self, clinic: &Clinic, device: &mut Device, id: &str) -> Answer {
        let asked = self.get("/sign-in").await;
        let handle = clinic.store.passkey_handle(id);
        let answer = device.sign_in(&asked.options(), Some(handle));
        let fields = [
            ("state", &*asked.hidden("state")),
            ("credential", &*answer),
            ("to", "/"),
        ];
        self.post("/sign-in/passkey", &fields).await
    }
}

#[tokio::test]
async fn n7_an_administrators_passkey_comes_from_a_listed_device_and_signs_in() {
    let (maker, other) = (Maker::new(), Maker::new());
    let clinic = clinic(&maker);
    let secret = app();
    let id = clinic
        .person("ann", Role::ADMINISTRATOR, Some(&secret))
        .await;
    let mut browser = clinic.browser();
    browser.come_in(&clinic, "ann", &secret).await;
    let mut device = Device::new();
    for by in [None, Some(&other)] {
        let refused = browser.make(|asked| match by {
            None => device.register(asked),
            Some(maker) => device.register_vouched(asked, maker),
        });
        let refused = refused.await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("of a kind that is listed here"));
        let unknown = clinic.browser().use_device(&clinic, &mut device, &id).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let made = browser.make(|asked| device.register_vouched(asked, &maker));
    let made = made.await;
    assert_eq!(made.to(), "/account?done=passkey", "{}", made.text);
    let mut browser = clinic.browser();
    let done = browser.use_device(&clinic, &mut device, &id).await;
    assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn n7_any_device_signs_a_nurse_in_until_she_administers() {
    let clinic = clinic(&Maker::new());
    let secret = app();
    let id = clinic.person("bea", Role::NURSE, Some(&secret)).await;
    let mut browser = clinic.browser();
    browser.come_in(&clinic, "bea", &secret).await;
    let mut device = Device::new();
    let made = browser.make(|asked| device.register(asked)).await;
    assert_eq!(made.to(), "/account?done=passkey", "{}", made.text);
    let done = clinic.browser().use_device(&clinic, &mut device, &id).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let operator = Caller::operator();
    let account = clinic.store.account(&operator, &id).await.unwrap();
    let roles = vec![Role::NURSE, Role::ADMINISTRATOR];
    let given = clinic
        .store
        .set_roles(&operator, &id, account.version, roles);
    given.await.unwrap();
    let refused = clinic.browser().use_device(&clinic, &mut device, &id).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // With password and app she still comes in, and makes a listed one.
    clinic.browser().sign_in(&clinic, "bea", &secret).await;
}
