package session_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
)

// program finds one of libcoap's programs. Debian's names carry the TLS library; which one matters
// little here. A test that lacks it is skipped, but not in continuous integration.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, suffix := range []string{"-notls", "-gnutls", "-openssl", ""} {
		if path, err := exec.LookPath(name + suffix); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: install libcoap3-bin", name)
	}
	t.Skipf("%s is not installed (Debian: libcoap3-bin)", name)
	return ""
}

// startServer starts a server process on a free port of 127.0.0.1, and comes back when it answers a
// ping.
func startServer(t *testing.T, program string, args ...string) netip.AddrPort {
	t.Helper()
	// Another process may take the port between its choice and its use, so there are several tries.
	var failure error
	for range 5 {
		addr := freePort(t)
		arguments := append([]string{"-A", addr.Addr().String(), "-p", strconv.Itoa(int(addr.Port()))}, args...)
		command := exec.Command(program, arguments...)
		output := new(bytes.Buffer)
		command.Stdout, command.Stderr = output, output
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan struct{})
		go func() {
			command.Wait()
			close(exited)
		}()
		if failure = awaitPong(addr, exited); failure == nil {
			t.Cleanup(func() {
				command.Process.Kill()
				<-exited
				if t.Failed() {
					t.Logf("%s said:\n%s", program, output)
				}
			})
			return addr
		}
		command.Process.Kill()
		<-exited
		failure = fmt.Errorf("%w; it said:\n%s", failure, output)
	}
	t.Fatalf("%s does not serve: %v", program, failure)
	return netip.AddrPort{}
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// awaitPong pings until the answer is there, or the process has exited.
func awaitPong(addr netip.AddrPort, exited <-chan struct{}) error {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	defer conn.Close()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	end := time.After(patience)
	answer := make([]byte, 64)
	for id := byte(0); ; id++ {
		// While nobody listens the system says so at once, by an error of Write or Read.
		if _, err := conn.Write([]byte{0x40, 0, 0x70, id}); err == nil {
			conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err := conn.Read(answer); err == nil && n == 4 && answer[0] == 0x70 && answer[1] == 0 {
				return nil
			}
		}
		select {
		case <-exited:
			return errors.New("it has exited")
		case <-end:
			return fmt.Errorf("no pong within %v", patience)
		case <-again.C:
		}
	}
}

func TestEngineWithLibcoapServer(t *testing.T) {
	testForeignServer(t, foreignServer{addr: startServer(t, program(t, "coap-server"), "-d", "10")})
}

// coapClient is libcoap's client program.
type coapClient struct{ path string }

func TestLibcoapClientWithLab(t *testing.T) {
	testForeignClient(t, coapClient{program(t, "coap-client")})
}

// answered finds the code of the last response in the client's log.
var answered = regexp.MustCompile(`(?m)t:(?:CON|NON|ACK) c:([2-5]\.\d\d) `)

func (c coapClient) do(t *testing.T, r foreignRequest) (protocol.Code, []byte) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	args := []string{"-v", "7", "-B", "20", "-o", out, "-m", strings.ToLower(r.method.Short())}
	if r.body != nil {
		if err := os.WriteFile(in, r.body, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-f", in)
	}
	if r.block > 0 {
		args = append(args, "-b", strconv.Itoa(r.block))
	}
	if r.non {
		args = append(args, "-N")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	log, err := exec.CommandContext(ctx, c.path, append(args, "coap://"+r.to.String()+r.path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("coap-client: %v\n%s", err, log)
	}
	codes := answered.FindAllSubmatch(log, -1)
	if codes == nil {
		t.Fatalf("coap-client has no answer:\n%s", log)
	}
	var class, detail uint8
	fmt.Sscanf(string(codes[len(codes)-1][1]), "%d.%d", &class, &detail)
	body, err := os.ReadFile(out)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return protocol.Code(class<<5 | detail), body
}

func (c coapClient) observe(t *testing.T, to netip.AddrPort, path string, each func([]byte)) (stop func()) {
	t.Helper()
	// -w ends each representation by a line feed. The client is stopped long before its time is over.
	command := exec.Command(c.path, "-w", "-s", "600", "coap://"+to.String()+path)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if len(lines.Bytes()) > 0 {
				each(bytes.Clone(lines.Bytes()))
			}
		}
	}()
	return func() {
		command.Process.Kill()
		<-read
		command.Wait()
	}
}

// Every device of the lab answers a multicast request of libcoap's client.
func TestLibcoapClientAsksTheGroup(t *testing.T) {
	_, l := start(t)
	group := l.MulticastAddr()
	if !group.IsValid() {
		t.Fatal("the lab could not join All CoAP Nodes on loopback")
	}
	// The client waits for more until it is stopped.
	command := exec.Command(program(t, "coap-client"), "-v", "7", "-a", "127.0.0.1", "-N", "-B", "60", "coap://"+group.String()+"/.well-known/core")
	output, write := io.Pipe()
	command.Stdout, command.Stderr = write, write
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		command.Wait()
		write.Close()
		close(exited)
	}()
	enough := time.AfterFunc(patience, func() { command.Process.Kill() })
	defer enough.Stop()
	waiting := map[string]bool{}
	for _, d := range l.Devices() {
		waiting[d.Addr.String()] = true
	}
	var log strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fmt.Fprintln(&log, lines.Text())
		for addr := range waiting {
			if strings.Contains(lines.Text(), addr+" ") && strings.Contains(lines.Text(), "received") {
				delete(waiting, addr)
			}
		}
		if len(waiting) == 0 {
			command.Process.Kill()
		}
	}
	<-exited
	if len(waiting) > 0 {
		t.Errorf("no answer from %v of %d devices:\n%s", waiting, len(l.Devices()), log.String())
	}
}
