//! What installations tell, what the group sees of it, and how a rollout ends.

use aceso_base::hex;
use aceso_desk::deploy::{Signed, Standing, StandingSaid, Statement};
use aceso_vault::{PersonKey, sha256};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode};

use super::kit::{Bench, GOOD, between};
use super::path::{CASE, Team};

const ID: &str = "ACESO-SA-2026-0001";

/// An installation with a key of its own.
struct Installation {
    key: PersonKey,
    name: &'static str,
}

impl Installation {
    fn new(name: &'static str) -> Self {
        let key = PersonKey::generate().unwrap();
        Self { key, name }
    }

    /// Says how it stands; gives the answer's status.
    async fn says(&self, bench: &Bench, standing: Standing) -> StatusCode {
        bench.clock.advance_millis(1000);
        let at = bench.desk.now();
        let statement = Statement {
            name: self.name.into(),
            contact: "it@clinic.example".into(),
            at,
            version: "0.9.1".into(),
            sbom: "ab".repeat(32),
            standings: vec![StandingSaid {
                advisory: ID.into(),
                standing,
                since: at,
            }],
            failed: Vec::new(),
            receipt: None,
        };
        let text = serde_json::to_string(&statement).unwrap();
        let signed = Signed {
            key: URL_SAFE_NO_PAD.encode(self.key.public().bytes()),
            signature: self.key.sign(text.as_bytes()),
            text,
        };
        let request = Request::post("/api/statements").header("host", "desk");
        let body = Body::from(serde_json::to_string(&signed).unwrap());
        bench.send(request.body(body).unwrap()).await.status
    }

    fn vetting(&self) -> String {
        let id = sha256(self.key.public().bytes());
        format!("/installations/{}/vet", hex(&id))
    }
}

#[tokio::test]
async fn d59_who_lags_is_shown_to_two_counted_in_the_guard_and_forgotten_when_it_is_over() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_published(&bench).await;
    team.on(&bench, "rollout").await;
    let (near, far) = (
        Installation::new("Near Clinic"),
        Installation::new("Far Clinic"),
    );
    for one in [&near, &far] {
        let first = one.says(&bench, Standing::Affected).await;
        assert_eq!(first, StatusCode::ACCEPTED, "it waits to be vetted");
        let vetted = bench.post(&team.cora, &one.vetting(), &[]).await;
        assert_eq!(vetted.status, StatusCode::SEE_OTHER, "{}", vetted.text);
    }
    assert_eq!(near.says(&bench, Standing::Patched).await, StatusCode::OK);

    let place = format!("/adoption/{ID}");
    let leads = bench.page(&team.mara, &place).await;
    assert!(
        leads.contains("Far Clinic") && leads.contains("50%"),
        "{leads}"
    );
    let others = bench.page(&team.dev, &place).await;
    assert!(
        !others.contains("Far Clinic") && others.contains("50%"),
        "{others}"
    );
    assert!(bench.page(&team.dev, "/adoption").await.contains(ID));

    let take = async || {
        let page = bench.page(&team.mara, &place).await;
        let seen = between(&page, "name=\"seen\" value=\"", "\"");
        bench.post(&team.mara, &place, &[("seen", &seen)]).await
    };
    assert_eq!(take().await.status, StatusCode::SEE_OTHER);
    // Half of them is not what is wanted, and they have time left.
    let review = [("to", "review")];
    let early = bench
        .act(&team.mara, CASE, "overview", "move", &review)
        .await;
    assert_ne!(early.status, StatusCode::SEE_OTHER);
    let lie = [("percent", "100"), ("laggards", "")];
    let lie = bench.act(&team.mara, CASE, "fix", "coverage", &lie).await;
    assert_ne!(lie.status, StatusCode::SEE_OTHER);
    assert_eq!(far.says(&bench, Standing::Patched).await, StatusCode::OK);
    assert_eq!(take().await.status, StatusCode::SEE_OTHER);
    team.on(&bench, "review").await;

    assert_eq!(bench.desk.end_rollouts().await.unwrap(), 1);
    let over = bench.page(&team.mara, &place).await;
    assert!(
        over.contains("The case is over") && !over.contains("Far Clinic"),
        "{over}"
    );
    assert!(over.contains("100%"), "numbers stay");
    far.says(&bench, Standing::Affected).await;
    assert!(bench.page(&team.mara, &place).await.contains("100%"));
    assert_eq!(bench.desk.end_rollouts().await.unwrap(), 0);
}
