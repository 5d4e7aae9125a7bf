package lint_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/lint"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// patience is how long a test waits for what must happen. It decides nothing.
const patience = 30 * time.Second

// judged is a log with what is found in it.
type judged struct {
	log    *trace.Log
	linter *lint.Linter
}

func judge(log *trace.Log) judged {
	j := judged{log, lint.New()}
	tracker := track.NewTracker()
	var tree dissect.Tree
	for n := 1; n <= log.Len(); n++ {
		f := log.At(trace.Seq(n))
		o := track.Observed{
			Frame: uint64(n), Time: f.Time, Source: f.Source, Destination: f.Destination, Framing: f.Transport.Framing(), Data: f.Data,
		}
		info := tracker.Add(o)
		x, _ := tracker.Exchange(info.Exchange)
		tree.DissectFraming(o.Framing, o.Data)
		j.linter.Add(o, &tree, info, x)
	}
	return j
}

// each calls f with each finding that is graver than a note.
func (j judged) each(f func(e lint.Entry)) {
	for i := range j.linter.Len() {
		if e := j.linter.At(i); e.Rule.Severity > dissect.Note {
			f(e)
		}
	}
}

// tell writes a frame with its findings.
func (j judged) tell(frame uint64) string {
	f := j.log.At(trace.Seq(frame))
	tree := dissect.DissectFraming(f.Transport.Framing(), f.Data)
	m, _ := protocol.Parse(f.Data)
	s := ""
	for n := max(frame, 8) - 7; n < frame; n++ { // what came before
		f := j.log.At(trace.Seq(n))
		m, _ := protocol.Parse(f.Data)
		s += fmt.Sprintf("%d %v > %v %v\n", n, f.Source, f.Destination, m)
	}
	s += fmt.Sprintf("frame %d %v > %v %v %v", frame, f.Source, f.Destination, m, m.Options)
	for _, found := range append(j.linter.Findings(frame, tree), tree.Findings...) {
		s += "\n  " + found.String()
	}
	return s
}

func open(t *testing.T) *session.Engine {
	t.Helper()
	e, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func ask(code protocol.Code, path ...string) protocol.Message {
	m := protocol.Message{Code: code}
	for _, segment := range path {
		m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
	}
	return m
}

func do(t *testing.T, e *session.Engine, r session.Request) protocol.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	response, err := e.Do(ctx, r)
	if err != nil {
		t.Fatalf("%v: %v", r.Message, err)
	}
	return response.Message.Code
}

// observe registers, waits for some notifications while change is called, and deregisters.
func observe(t *testing.T, e *session.Engine, r session.Request, notifications int, change func()) {
	t.Helper()
	events := make(chan session.ObservationEvent, 1000)
	o, err := e.Observe(r, func(ev session.ObservationEvent) { events <- ev })
	if err != nil {
		t.Fatal(err)
	}
	next := func() session.ObservationEvent {
		select {
		case ev := <-events:
			return ev
		case <-time.After(patience):
			t.Fatal("nothing happens")
			return nil
		}
	}
	for range notifications {
		if n, ok := next().(session.Notification); !ok || n.Err != nil {
			t.Fatalf("no notification: %+v", n)
		}
		change()
	}
	o.Cancel(session.Deregister)
	for {
		if _, ok := next().(session.ObservationEnd); ok {
			return
		}
	}
}

func device(t *testing.T, l *lab.Lab, name string) netip.AddrPort {
	t.Helper()
	d, err := l.Device(name)
	if err != nil {
		t.Fatal(err)
	}
	return d.Addr
}

// What this program's engine and the lab's devices say to each other breaks no rule.
func TestEngineAndLabAreClean(t *testing.T) {
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	e := open(t)
	plugtest, store := device(t, l, "plugtest"), device(t, l, "store")
	body := lab.Blob(9, 5000)
	upload := ask(protocol.PUT, "upload")
	upload.Payload = body
	post := ask(protocol.POST, "large-post")
	post.Payload = bytes.Repeat([]byte("louder "), 500)
	for _, typ := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
		for _, r := range []session.Request{
			{To: plugtest, Message: ask(protocol.GET, "test")},
			{To: plugtest, Message: ask(protocol.GET, "none")},
			{To: plugtest, Message: ask(protocol.PUT, "create1")},
			{To: plugtest, Message: ask(protocol.DELETE, "create1")},
			{To: plugtest, Message: ask(protocol.POST, "test")},
			{To: plugtest, Message: ask(protocol.GET, "separate")},
			{To: plugtest, Message: ask(protocol.GET, "validate")},
			{To: plugtest, Message: ask(protocol.GET, ".well-known", "core")},
			{To: plugtest, Message: ask(protocol.GET, "large"), BlockSize: 64},
			{To: plugtest, Message: post, BlockSize: 256},
			{To: store, Message: ask(protocol.GET, "blobs", "100k")},
			{To: store, Message: upload},
			{To: store, Message: upload, BlockSize: 64},
			{To: store, Message: ask(protocol.GET, "upload"), BlockSize: 128},
			{To: store, Message: ask(protocol.GET, "settings")},
		} {
			r.Message.Type = typ
			do(t, e, r)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := e.Ping(ctx, plugtest); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"obs", "obs-non", "obs-large"} {
		observe(t, e, session.Request{To: plugtest, Message: ask(protocol.GET, path)}, 3, l.Tick)
	}
	j := judge(e.Log())
	j.each(func(entry lint.Entry) { t.Errorf("%s", j.tell(entry.Frame)) })
	if j.log.Len() < 500 {
		t.Errorf("only %d frames", j.log.Len())
	}
}

// What the difficult device does wrong is found, and nothing else.
func TestDifficultDevice(t *testing.T) {
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	difficult := device(t, l, "difficult")
	for _, c := range []struct{ path, rule string }{
		{"other-port", "response-from-elsewhere"},
		{"wrong-token", "token-not-echoed"},
		{"wrong-mid", "acknowledgement-unmatched"},
		{"no-ack", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			e := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			frames := make(chan struct{}, 100)
			e.Log().OnAppend(func() {
				select {
				case frames <- struct{}{}:
				default:
				}
			})
			go func() {
				e.Do(ctx, session.Request{To: difficult, Message: ask(protocol.GET, c.path)})
				cancel()
			}()
			for found := false; !found; {
				select {
				case <-frames:
				case <-ctx.Done():
				}
				j := judge(e.Log())
				found = c.rule == "" && ctx.Err() != nil
				j.each(func(entry lint.Entry) {
					if entry.Rule.ID != c.rule {
						t.Errorf("%s", j.tell(entry.Frame))
					}
					found = true
				})
				if !found && ctx.Err() != nil {
					t.Fatalf("%d frames, and %s is not found", e.Log().Len(), c.rule)
				}
			}
		})
	}
}

// What this program's engine and libcoap's server say to each other breaks no rule.
func TestEngineAndLibcoapServerAreClean(t *testing.T) {
	server := startLibcoap(t)
	e := open(t)
	put := func(body []byte) protocol.Message {
		m := ask(protocol.PUT, "example_data")
		m.Payload = body
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.OctetStream))
		return m
	}
	for _, typ := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
		for _, r := range []session.Request{
			{Message: ask(protocol.GET)},
			{Message: ask(protocol.GET, "time")},
			{Message: ask(protocol.GET, "none")},
			{Message: ask(protocol.GET, ".well-known", "core")},
			{Message: put(lab.Blob(1, 300))},
			{Message: ask(protocol.GET, "example_data")},
			{Message: ask(protocol.GET, "example_data"), BlockSize: 32},
		} {
			r.To, r.Message.Type = server, typ
			do(t, e, r)
		}
	}
	count := 0
	observe(t, e, session.Request{To: server, Message: ask(protocol.GET, "example_data")}, 3, func() {
		count++
		do(t, e, session.Request{To: server, Message: put([]byte{byte(count)})})
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := e.Ping(ctx, server); err != nil {
		t.Error(err)
	}
	j := judge(e.Log())
	j.each(func(entry lint.Entry) { t.Errorf("%s", j.tell(entry.Frame)) })
	if j.log.Len() < 60 {
		t.Errorf("only %d frames", j.log.Len())
	}
}

// startLibcoap starts libcoap's server and waits until it answers a ping.
func startLibcoap(t *testing.T) netip.AddrPort {
	t.Helper()
	program := ""
	for _, name := range []string{"coap-server-notls", "coap-server-gnutls", "coap-server-openssl", "coap-server"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("coap-server is missing: install libcoap3-bin")
		}
		t.Skip("coap-server is not installed (Debian: libcoap3-bin)")
	}
	for range 5 { // another process may take the port
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		conn.Close()
		command := exec.Command(program, "-A", addr.Addr().String(), "-p", strconv.Itoa(int(addr.Port())), "-d", "10")
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan struct{})
		go func() {
			command.Wait()
			close(exited)
		}()
		if answers(t, addr, exited) {
			t.Cleanup(func() {
				command.Process.Kill()
				<-exited
			})
			return addr
		}
		command.Process.Kill()
		<-exited
	}
	t.Fatal("coap-server does not serve")
	return netip.AddrPort{}
}

func answers(t *testing.T, addr netip.AddrPort, exited <-chan struct{}) bool {
	t.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	end := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	answer := make([]byte, 64)
	for id := byte(0); ; id++ {
		if _, err := conn.Write([]byte{0x40, 0, 0x70, id}); err == nil {
			conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err := conn.Read(answer); err == nil && n == 4 && answer[0] == 0x70 {
				return true
			}
		}
		select {
		case <-exited:
			return false
		case <-end:
			return false
		case <-again.C:
		}
	}
}
