//! Switches by request, against a server of these tests.

use std::collections::VecDeque;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that gives these answers, one after another and then 204, and remembers the requests.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn answering(statuses: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut answers: VecDeque<&str> = statuses.iter().copied().collect();
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut buffer = [0_u8; 4096];
                // A request is whole with the brace that ends its document.
                while !request.ends_with(b"}") {
                    let count = stream.read(&mut buffer).await.unwrap();
                    assert!(count > 0, "the request breaks off");
                    request.extend_from_slice(&buffer[..count]);
                }
                seen.lock().unwrap().push(String::from_utf8(request).unwrap());
                let status = answers.pop_front().unwrap_or("204 No Content");
                let answer = format!(
                    "HTTP/1.1 {status}\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, requests }
    }

    fn url(&self) -> String {
        format!("http://ann:hunter2@{}/switch?key=hunter2", self.address)
    }

    fn keys(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let key = |request: &String| {
            let line = request.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
            line.unwrap_or_default().to_owned()
        };
        requests.iter().map(key).collect()
    }
}

fn switch(post: Setting) -> PlanFile {
    let steps = vec![
        cut_over("pilot", "billing/http", Action::Http { post, undo: None }, Undo::Reverse, &[]),
        breakable("c/command", &["billing/http"]),
    ];
    file(plan(vec![wave("pilot", &[], "one")], steps))
}

fn with_url(site: &Site, url: String) -> Context {
    let environment = Environment::new([("SWITCH".to_owned(), url)]);
    Context { environment, ..site.context() }
}

fn by_name() -> Setting {
    Setting::Env("SWITCH".to_owned())
}

#[tokio::test]
async fn a_switch_is_tried_again_with_the_same_key_and_undone_with_another() {
    let server = Server::answering(&["503 Service Unavailable", "429 Too Many Requests"]).await;
    let (site, file) = (Site::new(), switch(by_name()));
    std::fs::write(site.folder.path().join("broken"), "").unwrap();
    let watching = Arc::new(Remembers::default());
    let outcome = apply(&file, with_url(&site, server.url()), watching.clone()).await.unwrap();
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert_eq!(watching.retries.load(Ordering::SeqCst), 2);
    let keys = server.keys();
    assert_eq!(keys.len(), 4);
    assert!(keys[0].starts_with("sha256:") && keys[0] == keys[1] && keys[1] == keys[2]);
    assert_ne!(keys[2], keys[3]);
    let bodies: Vec<serde_json::Value> = server
        .requests
        .lock()
        .unwrap()
        .iter()
        .map(|request| serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap())
        .collect();
    assert_eq!(bodies[0], bodies[2]);
    assert_eq!(bodies[3]["direction"], "undo");
    assert_eq!(
        bodies[0],
        serde_json::json!({
            "migration": "shop",
            "subject": "billing",
            "entity": "component:default/billing",
            "direction": "cut_over",
            "plan": file.digest.to_string(),
        })
    );
    // Run again after the rollback it is another switch, with another key.
    std::fs::remove_file(site.folder.path().join("broken")).unwrap();
    let outcome = apply(&file, with_url(&site, server.url()), Arc::new(())).await.unwrap();
    assert_eq!(outcome, Outcome::Completed);
    assert!(!keys.contains(&server.keys()[4]));
}

#[tokio::test]
async fn a_refusal_rolls_back_and_a_redirection_is_one() {
    for status in ["409 Conflict", "302 Found"] {
        let server = Server::answering(&[status]).await;
        let site = Site::new();
        let context = with_url(&site, server.url());
        let outcome = apply(&switch(by_name()), context, Arc::new(())).await.unwrap();
        let Outcome::RolledBack { reason } = outcome else { panic!("{outcome:?}") };
        assert_eq!(
            reason,
            format!("billing/http failed: the request to env.SWITCH was answered with {status}")
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_leaves_the_run_stuck_and_no_address_is_shown() {
    let site = Site::new();
    let nobody = "127.0.0.1:1";
    let url = format!("http://ann:hunter2@{nobody}/switch?key=hunter2");
    for post in [by_name(), Setting::Text(url.clone())] {
        let outcome = apply(&switch(post.clone()), with_url(&site, url.clone()), Arc::new(())).await.unwrap();
        let Outcome::Stuck { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("got no answer: connection refused"), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
        assert_eq!(reason.contains(nobody), post != by_name(), "{reason}");
        site.clear();
    }
    let context = with_url(&site, "not a url".to_owned());
    let Outcome::Stuck { reason } = apply(&switch(by_name()), context, Arc::new(())).await.unwrap() else {
        panic!("stuck")
    };
    assert!(reason.contains("env.SWITCH is not a URL"), "{reason}");
}
