//! Everything that is not this machine is down: the provider that people sign in through, the mail server, the makers' desk.

use super::aside::{FAMILY, add};
use super::{Clinic, PASSWORD, sign_in};
use crate::browser::Browser;
use crate::stage::{Stage, name};

/// Others that are named, and of whom nobody answers: `.invalid` is no name anywhere (RFC 2606).
fn others(stage: &Stage) -> String {
    let secret = stage.file("secret", "no-secret-of-anybody\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).unwrap();
    format!(
        "[egress]\nendpoints = ['https://idp.invalid/', 'https://desk.invalid/']\n\
         [mail]\nserver = 'smtps://mail.invalid'\nfrom = 'clinic@mail.invalid'\n\
         [[sign_in.provider]]\nid = 'hospital'\nname = 'Hospital'\nissuer = 'https://idp.invalid'\nclient = 'aceso'\n\
         secret_file = '{}'\n",
        name(&secret)
    )
}

#[test]
fn bg5_a_chart_opens_in_an_emergency_while_every_other_system_is_down() {
    let stage = Stage::new();
    let config = others(&stage);
    let clinic = Clinic::at(stage, &config);
    let token = clinic.stage.token("writer", "system/*.cruds");
    add(&clinic, &token, "p1");
    let (mut ann, app) = clinic.person("ann", "clinician", &[]);
    // The way through the provider leads nowhere, and says so.
    let mut again = Browser::new(&clinic.server.address);
    let page = again.open("/sign-in").expect(200, "the sign-in page");
    assert!(page.body.contains("Hospital"), "{}", page.body);
    // Somebody whose provider is down signs in with what this machine knows of them.
    let page = sign_in(&mut again, "ann", PASSWORD, app.as_ref());
    assert_eq!(page.status, 200, "{}", page.body);
    let typed = [
        ("reason", "emergency"),
        ("detail", "Unconscious in the waiting room"),
    ];
    let at = "/patients/p1/break-glass";
    let page = ann.open(at).expect(200, "the way in");
    assert!(!page.body.contains("wasp venom"), "{}", page.body);
    let opened = ann.submit(&page, at, &typed);
    let chart = ann.follow(opened).expect(200, "the chart");
    assert!(chart.body.contains(FAMILY), "{}", chart.body);
    assert!(chart.body.contains("wasp venom"), "{}", chart.body);
    assert!(chart.body.contains("Emergency access"), "{}", chart.body);
    // Who has to know learns it here, whatever becomes of the mail.
    let said = clinic.stage.expect(&["audit", "report", "emergency"], 0);
    assert!(said.contains("ann"), "{said}");
}
