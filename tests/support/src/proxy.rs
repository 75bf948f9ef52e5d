//! A proxy between a client and a server on this machine, which cuts connections and slows them down.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A proxy in front of a port of 127.0.0.1. Dropped, it cuts all its connections and takes no more.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Bytes a second that pass each connection each way; 0 for as many as there are.
    rate: AtomicU64,
    ended: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts a proxy to a port.
    ///
    /// # Panics
    /// When no port is free.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State::default());
        let of = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if of.ended.load(Ordering::Relaxed) {
                    return;
                }
                // A server that is down is one that breaks the connection.
                if let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", server))) {
                    of.join(client, server);
                }
            }
        });
        Self { port, state }
    }

    /// The URL of a server with the proxy's port instead.
    ///
    /// # Panics
    /// When the URL has no port.
    pub fn url(&self, url: &str) -> String {
        let (before, behind) = url.rsplit_once(':').expect("a port");
        let path = behind.find('/').expect("a database");
        format!("{before}:{}{}", self.port, &behind[path..])
    }

    /// From now on so many bytes a second pass each way of each connection; 0 for as many as there are.
    pub fn slow(&self, bytes: u64) {
        self.state.rate.store(bytes, Ordering::Relaxed);
    }

    /// Cuts every connection in the middle of what it does. New ones are let through.
    pub fn cut(&self) {
        self.state.cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        self.state.cut();
        // So that the listener looks.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl State {
    fn join(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        let clone = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
        self.open().extend([clone(&client), clone(&server)]);
        for (from, to) in [(clone(&client), clone(&server)), (server, client)] {
            let state = Arc::clone(self);
            std::thread::spawn(move || {
                state.pass(&from, &to);
                // The end of one way is the end of both.
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            });
        }
    }

    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if to.write_all(&bytes[..read]).is_err() {
                return;
            }
            let rate = self.rate.load(Ordering::Relaxed);
            if let Some(micros) = (read as u64 * 1_000_000).checked_div(rate) {
                std::thread::sleep(Duration::from_micros(micros));
            }
        }
    }

    fn cut(&self) {
        for connection in self.open().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.connections.lock().expect("no thread has failed")
    }
}
