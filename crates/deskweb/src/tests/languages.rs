//! What strangers read speaks their browser's language.

use axum::body::Body;
use http::{Request, StatusCode};

use super::kit::{Answer, Bench, GOOD};

impl Bench {
    /// A page as a browser asks for it that prefers a language.
    async fn page_in(&self, language: &str, path: &str) -> Answer {
        let request = Request::get(path)
            .header("host", "desk")
            .header("accept-language", language);
        let answer = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer
    }
}

#[tokio::test]
async fn what_strangers_read_is_in_the_language_of_their_browser() {
    let bench = Bench::new();
    let status = bench.report(GOOD).await;
    let pages = [
        ("/", "How vulnerabilities in our software are reported"),
        ("/report", "What you found, and what you saw"),
        ("/not-a-vulnerability", "These are by design"),
        ("/advisories", "Nothing is published yet"),
        (status.as_str(), "Somebody of the group reads it next"),
    ];
    let spoken = [
        (
            "es-PY,es;q=0.9",
            "lang=\"es\"",
            [
                "Cómo se informan, corrigen",
                "Lo que encontró y lo que vio",
                "Es así por diseño",
                "Aún no se ha publicado nada",
                "Alguien del grupo lo leerá",
            ],
        ),
        (
            "fr",
            "lang=\"fr\"",
            [
                "signalées, corrigées",
                "ce que vous avez vu",
                "voulu ainsi",
                "Rien n’est encore publié",
                "du groupe va le lire",
            ],
        ),
        (
            "ar",
            "dir=\"rtl\"",
            [
                "كيف تُبلَّغ ثغرات برامجنا",
                "ما وجدته وما رأيته",
                "هذه الأمور مقصودة",
                "لم يُنشر شيء بعد",
                "سيقرؤه أحد أعضاء المجموعة",
            ],
        ),
    ];
    for (language, mark, said) in spoken {
        for ((path, english), said) in pages.iter().zip(said) {
            let page = bench.page_in(language, path).await.text;
            assert!(page.contains(mark), "{language} {path}: {page}");
            assert!(page.contains(said), "{language} {path}: {page}");
            assert!(!page.contains(english), "{language} {path}: {page}");
            let plain = bench.page_in("tlh", path).await.text;
            assert!(plain.contains(english), "{path}: {plain}");
        }
    }
    // What the reporter wrote is theirs.
    let page = bench.page_in("es", &status).await.text;
    assert!(page.contains("A front desk account reads notes"), "{page}");
}
