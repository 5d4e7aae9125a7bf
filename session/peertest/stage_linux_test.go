package peertest_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/session/peertest"
)

// patience bounds what should take no time at all, on a machine that is busy.
const patience = 30 * time.Second

// leisure is the time that a lab waits at most before it answers to a group.
const leisure = 10 * time.Millisecond

// stage is what a scene plays on: ports of 127.0.0.1 that are recorded, and a folder.
type stage struct {
	*testing.T
	dir       string
	port      uint16 // of coap, UDP and TCP
	webSocket uint16
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return &stage{t, t.TempDir(), freePort(t), freePort(t)}
}

// taken are the ports that freePort has given.
var taken struct {
	sync.Mutex
	ports map[uint16]bool
}

// freePort gives a port that is free for TCP and UDP, and so is the next one, which libcoap takes for coaps. It is none of
// those that the system gives to sockets that do not ask for one, so that it stays free.
func freePort(t *testing.T) uint16 {
	t.Helper()
	free := func(network string, port uint16) bool {
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		var socket io.Closer
		var err error
		if network == "udp4" {
			socket, err = net.ListenPacket(network, addr)
		} else {
			socket, err = net.Listen(network, addr)
		}
		if err == nil {
			socket.Close()
		}
		return err == nil
	}
	taken.Lock()
	defer taken.Unlock()
	if taken.ports == nil {
		taken.ports = map[uint16]bool{}
	}
	for range 1000 {
		port := uint16(10_000 + rand.IntN(20_000))
		if taken.ports[port] || taken.ports[port+1] || !free("udp4", port) || !free("tcp4", port) || !free("udp4", port+1) || !free("tcp4", port+1) {
			continue
		}
		taken.ports[port], taken.ports[port+1] = true, true
		return port
	}
	t.Fatal("no free ports from 10000 to 30000")
	return 0
}

// file writes a file for the scene and gives its path.
func (s *stage) file(name, text string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	check(s.T, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// url gives the URI of a resource of the scene's server.
func (s *stage) url(scheme, path string) string {
	port := s.port
	if strings.HasPrefix(scheme, "coap+ws") {
		port = s.webSocket
	}
	return fmt.Sprintf("%s://127.0.0.1:%d%s", scheme, port, path)
}

// start starts a process and kills it at the end of the scene; what it said is logged if that failed.
func (s *stage) start(command *exec.Cmd) (exited <-chan struct{}) {
	s.Helper()
	output := new(bytes.Buffer)
	if command.Stdout == nil {
		command.Stdout = output
	}
	if command.Stderr == nil {
		command.Stderr = output
	}
	check(s.T, command.Start())
	done := make(chan struct{})
	go func() {
		// Its exit status says nothing: it is killed.
		_ = command.Wait()
		close(done)
	}()
	s.Cleanup(func() {
		_ = command.Process.Kill() // it may have ended by itself
		<-done
		if s.Failed() {
			s.Logf("%s said:\n%.4000s", command.Path, output)
		}
	})
	return done
}

// libcoapServer starts the server of libcoap 4.3.4, with ten resources that clients can create, and comes back when it
// answers a ping.
func (s *stage) libcoapServer(args ...string) {
	s.Helper()
	s.serve(exec.Command(peertest.Program(s, "coap-server"), append([]string{"-d", "10"}, args...)...))
}

// serve starts a server of libcoap at the stage's address, and comes back when it answers a ping.
func (s *stage) serve(server *exec.Cmd) {
	s.Helper()
	server.Args = append(server.Args, "-A", "127.0.0.1", "-p", strconv.Itoa(int(s.port)))
	s.awaitPong(s.start(server))
}

// addr is where the stage's server is.
func (s *stage) addr() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.port)
}

// nodeServer starts the server of testdata/node, and comes back when it says that it is ready: it answers no ping.
func (s *stage) nodeServer() {
	s.Helper()
	command := peertest.Node(s, "server.js", strconv.Itoa(int(s.port)))
	// It ends with its standard input.
	input, err := command.StdinPipe()
	check(s.T, err)
	s.Cleanup(func() { input.Close() })
	ready, says, err := os.Pipe()
	check(s.T, err)
	defer ready.Close()
	command.Stdout = says
	s.start(command)
	says.Close()
	check(s.T, ready.SetReadDeadline(time.Now().Add(patience)))
	if line, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		s.Fatalf("node-coap's server does not start: %q, %v", line, err)
	}
}

// awaitPong pings (RFC 7252 §4.3) until the server's Reset is there.
func (s *stage) awaitPong(exited <-chan struct{}) {
	s.Helper()
	// Each from an endpoint of its own, since one that pings again before it has an answer breaks a rule (§4.7).
	ping := func() bool {
		conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", s.port))
		check(s.T, err)
		defer conn.Close()
		// While nobody listens the system says so at once, by an error of Write or Read.
		if _, err := conn.Write([]byte{0x40, 0, 0x70, 0x71}); err != nil {
			return false
		}
		check(s.T, conn.SetReadDeadline(time.Now().Add(time.Second)))
		answer := make([]byte, 64)
		n, err := conn.Read(answer)
		return err == nil && n == 4 && answer[0] == 0x70
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if ping() {
			return
		}
		select {
		case <-exited:
			s.Fatal("the server has exited")
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.Fatalf("the server gives no pong within %v", patience)
}

// libcoap runs libcoap's client to its end. Arguments are separated by blanks.
func (s *stage) libcoap(args string, url string) {
	s.Helper()
	s.run(exec.Command(peertest.Program(s, "coap-client"), append(append([]string{"-B", "20", "-o", os.DevNull}, strings.Fields(args)...), url)...))
}

// run runs a command to its end.
func (s *stage) run(command *exec.Cmd) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	bound := exec.CommandContext(ctx, command.Path, command.Args[1:]...)
	bound.Env, bound.Dir = command.Env, command.Dir
	if output, err := bound.CombinedOutput(); err != nil {
		s.Fatalf("%v: %v\n%.4000s", command.Args, err, output)
	}
}

// lockedBuffer holds what a process says while it runs.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
