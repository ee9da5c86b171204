//! Servers that do wrong, or ask who we are.

use aceso_base::Secret;
use aceso_mail::{Login, SendError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::kit::{Believed, mailer, message};

/// Greets, then answers each line with the next of these; tells what it was asked.
async fn server(
    greeting: &'static str,
    answers: &'static [&'static str],
) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.into_split();
        let (mut lines, mut asked) = (BufReader::new(read).lines(), Vec::new());
        write.write_all(greeting.as_bytes()).await.unwrap();
        for answer in answers {
            let Ok(Some(line)) = lines.next_line().await else {
                break;
            };
            asked.push(line);
            write.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    (port, serving)
}

async fn sent(greeting: &'static str, answers: &'static [&'static str]) -> Result<(), SendError> {
    let (port, _serving) = server(greeting, answers).await;
    let mailer = mailer(&format!("smtp://127.0.0.1:{port}"), Believed::new().tls);
    mailer.send(&message("ann@clinic.example", "x\n")).await
}

#[tokio::test]
async fn asvs_12_3_1_without_starttls_nothing_is_sent() {
    let offer: &[&str] = &["250 mail.example\r\n"];
    let (port, serving) = server("220 hello\r\n", offer).await;
    let mailer = mailer(&format!("smtp://localhost:{port}"), Believed::new().tls);
    let mailer = mailer.known_as(Login {
        user: "aceso".into(),
        password: Secret::new("secret".into()),
    });
    let refused = mailer.send(&message("ann@clinic.example", "x\n")).await;
    assert!(matches!(refused, Err(SendError::NoTls)), "{refused:?}");
    assert_eq!(serving.await.unwrap(), ["EHLO clinic.example"]);
}

#[tokio::test]
async fn what_was_said_before_tls_is_no_answer_within_it() {
    let answers: &[&str] = &[
        "250-mail.example\r\n250 STARTTLS\r\n",
        "220 go on\r\n250-mail.example\r\n250 AUTH PLAIN\r\n",
    ];
    let (port, _serving) = server("220 hello\r\n", answers).await;
    let mailer = mailer(&format!("smtp://localhost:{port}"), Believed::new().tls);
    let refused = mailer.check().await;
    assert!(matches!(refused, Err(SendError::Answer)), "{refused:?}");
}

#[tokio::test]
async fn a_password_is_told_as_the_server_wants_it() {
    let plain: &[&str] = &[
        "250-m\r\n250 AUTH PLAIN LOGIN\r\n",
        "235 welcome\r\n",
        "221 bye\r\n",
    ];
    let login: &[&str] = &[
        "250-m\r\n250 AUTH LOGIN\r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 x\r\n",
        "235 yes\r\n",
        "221 bye\r\n",
    ];
    let wrong: &[&str] = &["250-m\r\n250 AUTH PLAIN\r\n", "535 5.7.8 no\r\n"];
    let none: &[&str] = &["250 m\r\n"];
    for (answers, asked) in [
        (plain, Some(vec!["AUTH PLAIN AGFjZXNvAHNlY3JldA==", "QUIT"])),
        (
            login,
            Some(vec!["AUTH LOGIN", "YWNlc28=", "c2VjcmV0", "QUIT"]),
        ),
        (wrong, None),
        (none, None),
    ] {
        let (port, serving) = server("220 hello\r\n", answers).await;
        let mailer = mailer(&format!("smtp://127.0.0.1:{port}"), Believed::new().tls);
        let mailer = mailer.known_as(Login {
            user: "aceso".into(),
            password: Secret::new("secret".into()),
        });
        let done = mailer.check().await;
        match asked {
            Some(asked) => {
                done.unwrap();
                assert_eq!(serving.await.unwrap()[1..], asked);
            }
            None => {
                let error = done.unwrap_err();
                assert!(matches!(error, SendError::Login(_)), "{error:?}");
                assert!(!error.is_final());
            }
        }
    }
}

#[tokio::test]
async fn only_a_no_to_the_message_or_its_reader_is_final() {
    const GOOD: &str = "250 ok\r\n";
    const AT_SENDER: &[&str] = &[GOOD, "530 who are you\r\n"];
    const AT_READER: &[&str] = &[GOOD, GOOD, "550 nobody\r\n"];
    const GREYLISTED: &[&str] = &[GOOD, GOOD, "450 come again\r\n"];
    for (greeting, answers, is_final) in [
        ("554 go away\r\n", &[][..], false),
        ("421 busy\r\n", &[], false),
        ("hello\r\n", &[], false),
        ("220 a\r\n", &["502 no\r\n"], false),
        ("220 a\r\n", AT_SENDER, false),
        ("220 a\r\n", AT_READER, true),
        ("220 a\r\n", GREYLISTED, false),
    ] {
        let error = sent(greeting, answers).await.unwrap_err();
        assert_eq!(
            error.is_final(),
            is_final,
            "{greeting} {answers:?}: {error}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_on() {
    const LONG: &str = match std::str::from_utf8(&[b'2'; 5000]) {
        Ok(text) => text,
        Err(_) => "",
    };
    let refused = sent(LONG, &[]).await;
    assert!(matches!(refused, Err(SendError::Answer)), "{refused:?}");
}
