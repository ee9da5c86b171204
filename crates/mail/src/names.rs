//! Texts that a domain publishes (TXT records, RFC 1035), asked of the name servers that this machine uses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// So long a server is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many servers are asked in turn.
const SERVERS: usize = 3;
/// The longest answer over UDP that we ask for (DNS flag day 2020).
const UDP: u16 = 1232;
const PORT: u16 = 53;
const TXT: u16 = 16;
const INTERNET: u16 = 1;

/// Name servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(Vec<SocketAddr>);

/// Nobody could be asked, so nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// No name server gave an answer in time.
    #[error("no name server gave an answer")]
    Silent,
    /// It is no name of the DNS.
    #[error("this is no name of the DNS")]
    Name,
}

impl Names {
    /// These servers.
    pub fn at(servers: &[SocketAddr]) -> Self {
        Self(servers.iter().copied().take(SERVERS).collect())
    }

    /// Those that this machine uses: the lines `nameserver` of a `resolv.conf`; this machine itself, where there is none.
    pub fn of(resolv_conf: &str) -> Self {
        let lines = resolv_conf.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let named = words.next() == Some("nameserver");
            let address: Option<IpAddr> = words.next()?.parse().ok();
            address.filter(|_| named)
        });
        let mut all: Vec<SocketAddr> = lines.map(|ip| SocketAddr::new(ip, PORT)).collect();
        if all.is_empty() {
            all.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT));
        }
        Self::at(&all)
    }

    /// The texts of a name, each whole; none where it has none. `number` tells answers apart: nobody else may guess it.
    pub async fn texts(&self, name: &str, number: [u8; 2]) -> Result<Vec<String>, NamesError> {
        let question = question(name).ok_or(NamesError::Name)?;
        let asked = query(&question, number);
        for server in &self.0 {
            let answer = timeout(PATIENCE, over_udp(*server, &asked, &question)).await;
            let answer = match answer {
                Ok(Some(Answer::Cut)) => timeout(PATIENCE, over_tcp(*server, &asked, &question))
                    .await
                    .unwrap_or(None),
                Ok(other) => other,
                Err(_) => None,
            };
            match answer {
                Some(Answer::Texts(texts)) => return Ok(texts),
                Some(Answer::Cut | Answer::Failed) | None => {}
            }
        }
        Err(NamesError::Silent)
    }
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// These; none where the name has none, or is none.
    Texts(Vec<String>),
    /// They do not fit.
    Cut,
    /// It could not find out.
    Failed,
}

/// The question for the texts of a name, as it stands in a message.
fn question(name: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok()?;
        if !(1..=63).contains(&length) || !label.is_ascii() {
            return None;
        }
        out.push(length);
        out.extend(label.as_bytes());
    }
    out.push(0);
    let fits = out.len() <= 255;
    out.extend(TXT.to_be_bytes());
    out.extend(INTERNET.to_be_bytes());
    fits.then_some(out)
}

/// One question, recursion wanted, with room for longer answers (EDNS, RFC 6891).
fn query(question: &[u8], number: [u8; 2]) -> Vec<u8> {
    let head = [1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    let [high, low] = UDP.to_be_bytes();
    let room = [0, 0, 41, high, low, 0, 0, 0, 0, 0, 0];
    [&number[..], &head, question, &room].concat()
}

async fn over_udp(server: SocketAddr, asked: &[u8], question: &[u8]) -> Option<Answer> {
    let own: IpAddr = match server.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(own, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(asked).await.ok()?;
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        // What does not answer this question is somebody else's.
        let answer = buffer.get(..length);
        if let Some(answer) = answer.and_then(|text| read(text, asked, question)) {
            return Some(answer);
        }
    }
}

async fn over_tcp(server: SocketAddr, asked: &[u8], question: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let length = u16::try_from(asked.len()).ok()?;
    let sent = [&length.to_be_bytes()[..], asked].concat();
    stream.write_all(&sent).await.ok()?;
    let length = stream.read_u16().await.ok()?;
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await.ok()?;
    read(&answer, asked, question).filter(|answer| *answer != Answer::Cut)
}

/// A message that answers what was asked; none, if it does not.
fn read(message: &[u8], asked: &[u8], question: &[u8]) -> Option<Answer> {
    let mut from = Reader(message);
    let number = from.take(2)?;
    let (flags, code) = (from.byte()?, from.byte()? & 15);
    let (questions, answers) = (from.number()?, from.number()?);
    from.take(4)?;
    let ours = Some(number) == asked.get(..2)
        && flags & 0x80 != 0
        && questions == 1
        && from.take(question.len())?.eq_ignore_ascii_case(question);
    if !ours {
        return None;
    }
    if flags & 2 != 0 {
        return Some(Answer::Cut);
    }
    match code {
        0 => {}
        // The name is none.
        3 => return Some(Answer::Texts(Vec::new())),
        _ => return Some(Answer::Failed),
    }
    let mut texts = Vec::new();
    for _ in 0..answers {
        let Some(record) = from.record() else {
            return Some(Answer::Failed);
        };
        texts.extend(record);
    }
    Some(Answer::Texts(texts))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    }

    /// Past a name, which ends with nothing or with where the rest of it stands.
    fn name(&mut self) -> Option<()> {
        loop {
            match self.byte()? {
                0 => return Some(()),
                pointer if pointer >= 0xc0 => return self.take(1).map(|_| ()),
                length => self.take(length.into())?,
            };
        }
    }

    /// The text of a record; nothing, if it is one of another kind.
    fn record(&mut self) -> Option<Option<String>> {
        self.name()?;
        let (kind, class) = (self.number()?, self.number()?);
        self.take(4)?;
        let length = self.number()?;
        let mut data = Reader(self.take(length.into())?);
        if (kind, class) != (TXT, INTERNET) {
            return Some(None);
        }
        let mut text = Vec::new();
        while !data.0.is_empty() {
            let length = data.byte()?;
            text.extend(data.take(length.into())?);
        }
        Some(Some(String::from_utf8_lossy(&text).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(flags: [u8; 2], records: &[(u16, &[u8])]) -> Vec<u8> {
        let question = question("a.example").unwrap();
        let count = u8::try_from(records.len()).unwrap();
        let mut out = vec![7, 9, flags[0], flags[1], 0, 1, 0, count, 0, 0, 0, 0];
        out.extend(question);
        for (kind, data) in records {
            out.extend([0xc0, 12]);
            out.extend(kind.to_be_bytes());
            out.extend([0, 1, 0, 0, 0, 60]);
            out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            out.extend(*data);
        }
        out
    }

    fn told(message: &[u8]) -> Option<Answer> {
        let question = question("a.example").unwrap();
        read(message, &query(&question, [7, 9]), &question)
    }

    #[test]
    fn texts_are_read_whole_and_other_records_passed_over() {
        let two = answer(
            [0x81, 0x80],
            &[(5, b"\x01b\xc0\x12"), (TXT, b"\x02v=\x031; p")],
        );
        assert_eq!(told(&two[..two.len() - 1]), Some(Answer::Failed), "cut off");
        let two = answer(
            [0x81, 0x80],
            &[(5, b"\x01b\xc0\x12"), (TXT, b"\x02v=\x021;")],
        );
        assert_eq!(told(&two), Some(Answer::Texts(vec!["v=1;".into()])));
        let none = answer([0x81, 0x83], &[]);
        assert_eq!(told(&none), Some(Answer::Texts(Vec::new())));
        assert_eq!(told(&answer([0x81, 0x82], &[])), Some(Answer::Failed));
        assert_eq!(told(&answer([0x83, 0x80], &[])), Some(Answer::Cut));
    }

    #[test]
    fn what_answers_another_question_is_not_believed() {
        let good = answer([0x81, 0x80], &[(TXT, b"\x01x")]);
        for at in [0, 2, 13] {
            let mut other = good.clone();
            other[at] ^= 0x81;
            assert_eq!(told(&other), None, "{at}");
        }
        assert_eq!(question("a..example"), None);
        assert_eq!(question(&"a".repeat(64)), None);
    }

    #[tokio::test]
    async fn what_does_not_fit_is_asked_for_over_tcp() {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = udp.local_addr().unwrap();
        let tcp = tokio::net::TcpListener::bind(at).await.unwrap();
        let server = async {
            let mut buffer = [0; 512];
            let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
            udp.send_to(b"not an answer", from).await.unwrap();
            let cut = answer([0x83, 0x80], &[]);
            udp.send_to(&cut, from).await.unwrap();
            let (mut stream, _) = tcp.accept().await.unwrap();
            let mut asked = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked, buffer[..length]);
            let whole = answer([0x81, 0x80], &[(TXT, b"\x04v=1;")]);
            let length = u16::try_from(whole.len()).unwrap();
            stream.write_u16(length).await.unwrap();
            stream.write_all(&whole).await.unwrap();
        };
        let names = Names::at(&[at]);
        let (texts, ()) = tokio::join!(names.texts("a.example", [7, 9]), server);
        assert_eq!(texts, Ok(vec!["v=1;".to_owned()]));
    }

    #[test]
    fn any_bytes_are_read_without_harm() {
        use proptest::prelude::*;
        proptest!(|(tail in prop::collection::vec(any::<u8>(), 0..200), count in any::<u8>())| {
            let mut message = answer([0x81, 0x80], &[]);
            message[7] = count;
            message.extend(tail);
            let _ = told(&message);
        });
    }

    #[test]
    fn the_machine_s_name_servers_are_those_of_its_file() {
        let file = "# dns\nsearch example\nnameserver 192.0.2.1\nnameserver ::1\nnameserver x\n";
        let expected = ["192.0.2.1:53", "[::1]:53"].map(|text| text.parse().unwrap());
        assert_eq!(Names::of(file), Names::at(&expected));
        assert_eq!(Names::of(""), Names::at(&["127.0.0.1:53".parse().unwrap()]));
    }
}
