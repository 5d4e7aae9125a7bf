package peertest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/peertest"
)

// The lossy comparison: the engine and libcoap's client ask the same server through the same bad network, each exchange
// through a flow of its own, whose fates are the same for both. It is real time: a retransmission is seconds away. The
// full size, of some ten minutes, is
//
//	COAPSCOPE_LOSSY=full go test -run TestLossyNetwork -v -timeout 40m ./session/peertest
//
// and a smaller one runs with every test. Its seed is one by which nothing needs more than three retransmissions, so
// that it is over in half a minute.
type lossySize struct {
	seed         uint64
	gets, bodies int // bodies each way
	length       int // of a body
}

var (
	lossySmall = lossySize{seed: 1, gets: 60, bodies: 2, length: 5_000}
	lossyFull  = lossySize{seed: 1, gets: 1000, bodies: 20, length: 100_000}
)

// lossyClient is one of the two.
type lossyClient interface {
	get(ctx context.Context, server netip.AddrPort, path string) ([]byte, error)
	put(ctx context.Context, server netip.AddrPort, path string, body []byte) error
}

// errWrong is an answer that is not the one to the request.
var errWrong = errors.New("wrong answer")

// engineClient is our engine: all flows from one socket.
type engineClient struct{ *session.Engine }

func (c engineClient) get(ctx context.Context, server netip.AddrPort, path string) ([]byte, error) {
	r, err := c.Do(ctx, session.Request{To: server, Message: message(protocol.GET, path)})
	switch {
	case err != nil:
		return nil, err
	case r.Message.Code != protocol.Content:
		return nil, fmt.Errorf("answer %v %q", r.Message.Code, r.Message.Payload)
	}
	return r.Message.Payload, nil
}

func (c engineClient) put(ctx context.Context, server netip.AddrPort, path string, body []byte) error {
	m := message(protocol.PUT, path)
	m.Payload = body
	r, err := c.Do(ctx, session.Request{To: server, Message: m})
	switch {
	case err != nil:
		return err
	case r.Message.Code != protocol.Changed && r.Message.Code != protocol.Created:
		return fmt.Errorf("answer %v %q", r.Message.Code, r.Message.Payload)
	}
	return nil
}

// programClient is libcoap's client: a process for each.
type programClient struct{ path, dir string }

func (c programClient) run(ctx context.Context, server netip.AddrPort, path string, args ...string) error {
	args = append([]string{"-v", "0", "-B", "600"}, args...)
	command := exec.CommandContext(ctx, c.path, append(args, fmt.Sprintf("coap://%v/%s", server, path))...)
	said, err := command.CombinedOutput()
	if err == nil && len(said) > 0 { // 4.04, 5.03 and the like
		err = errors.New(strings.TrimSpace(string(said)))
	}
	return err
}

func (c programClient) get(ctx context.Context, server netip.AddrPort, path string) ([]byte, error) {
	file := filepath.Join(c.dir, path)
	if err := c.run(ctx, server, path, "-o", file); err != nil {
		return nil, err
	}
	return os.ReadFile(file) // on the standard output a line feed would follow
}

func (c programClient) put(ctx context.Context, server netip.AddrPort, path string, body []byte) error {
	file := filepath.Join(c.dir, path)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return err
	}
	return c.run(ctx, server, path, "-m", "put", "-f", file)
}

// message makes a CON request for a path as in a URI.
func message(code protocol.Code, path string) protocol.Message {
	m := protocol.Message{Type: protocol.Confirmable, Code: code}
	path, query, _ := strings.Cut(path, "?")
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
	}
	if query != "" {
		for part := range strings.SplitSeq(query, "&") {
			m.Options = m.Options.Add(protocol.URIQuery, []byte(part))
		}
	}
	return m
}

// crossing is what became of one request, or one body.
type crossing struct {
	err       error
	took      time.Duration
	datagrams int
	again     int // of the client's, like the one before: retransmissions
}

// Through a network that loses a fifth, delays, doubles and reorders, the engine does as well as libcoap's client.
func TestLossyNetwork(t *testing.T) {
	t.Parallel() // it waits most of the time
	size := lossySmall
	if os.Getenv("COAPSCOPE_LOSSY") == "full" {
		size = lossyFull
	}
	program := peertest.System(t, "coap-client")
	server := startServer(t, peertest.System(t, "coap-server"), "-d", fmt.Sprint(size.gets+3*size.bodies))
	direct := openEngine(t)
	answer := func(i int) []byte { return fmt.Appendf(nil, "this is answer %d, and no other", i) }
	body := func(i int) []byte { return blob(size.seed+uint64(i), size.length) }
	for i := range size.gets {
		check(t, engineClient{direct}.put(t.Context(), server, fmt.Sprintf("answer%d", i), answer(i)))
	}
	for i := range size.bodies {
		// Each from an endpoint of its own: libcoap 4.3.1 takes a second body for another resource that does not exist yet
		// for more of the first.
		check(t, engineClient{openEngine(t)}.put(t.Context(), server, fmt.Sprintf("down%d", i), body(i)))
	}

	const engine, libcoap = 0, 1
	clients := [2]lossyClient{engineClient{openEngine(t)}, programClient{program, t.TempDir()}}
	network := lossy(size.seed)
	count := size.gets + 2*size.bodies
	var results [2][]crossing
	var wait sync.WaitGroup
	for which, client := range clients {
		results[which] = make([]crossing, count)
		// The programs cost when they start, and memory.
		slots := make(chan struct{}, 50)
		for i := range count {
			wait.Go(func() {
				if i < size.gets {
					slots <- struct{}{}
					defer func() { <-slots }()
				}
				f := newFlow(t, network, i, server, false)
				begin := time.Now()
				var err error
				switch n := i - size.gets; {
				case n < 0:
					err = expectBody(client.get(t.Context(), f.addr, fmt.Sprintf("answer%d", i)))(answer(i))
				case n < size.bodies:
					err = expectBody(client.get(t.Context(), f.addr, fmt.Sprintf("down%d", n)))(body(n))
				default:
					path := fmt.Sprintf("up%d.%d", which, n-size.bodies)
					if err = client.put(t.Context(), f.addr, path, body(n)); err == nil {
						// libcoap's server forgets blocks in a long pause, and then takes the rest for the whole.
						if err = expectBody(engineClient{direct}.get(t.Context(), server, path))(body(n)); errors.Is(err, errWrong) {
							err = fmt.Errorf("the server has not kept the body: %v", err)
						}
					}
				}
				took := time.Since(begin)
				f.settle()
				f.close()
				results[which][i] = crossing{err, took, f.count[toServer] + f.count[toClient], f.again[toServer]}
			})
		}
	}
	wait.Wait()

	for _, part := range []struct {
		name     string
		from, to int
	}{
		{"CON GET", 0, size.gets},
		{"bodies down", size.gets, size.gets + size.bodies},
		{"bodies up", size.gets + size.bodies, count},
	} {
		ours, theirs := results[engine][part.from:part.to], results[libcoap][part.from:part.to]
		t.Logf("%-11s engine  %s", part.name, summary(ours))
		t.Logf("%-11s libcoap %s", part.name, summary(theirs))
		shown := 0
		for i := range ours {
			if ours[i].err != nil && shown < 3 {
				shown++
				t.Logf("%s %d: engine: %v; libcoap: %v", part.name, i, ours[i].err, theirs[i].err)
			}
		}
		// Pairs that met the same network. What counts is where they differ, with three standard errors.
		var lower, differ, more, squares float64
		for i := range ours {
			if errors.Is(ours[i].err, errWrong) {
				t.Errorf("%s %d: %v", part.name, i, ours[i].err)
			}
			switch {
			case ours[i].err != nil && theirs[i].err == nil:
				lower, differ = lower+1, differ+1
				t.Logf("%s %d: only the engine fails: %v", part.name, i, ours[i].err)
			case ours[i].err == nil && theirs[i].err != nil:
				lower, differ = lower-1, differ+1
				t.Logf("%s %d: only libcoap fails: %v", part.name, i, theirs[i].err)
			case ours[i].err == nil:
				d := float64(ours[i].datagrams - theirs[i].datagrams)
				more, squares = more+d, squares+d*d
			}
		}
		if lower > 3*math.Sqrt(differ) {
			t.Errorf("%s: libcoap succeeds %v times more often", part.name, lower)
		}
		t.Logf("%-11s where both succeed the engine has %+.0f datagrams, standard error %.1f", part.name, more, math.Sqrt(squares))
		if more > 3*math.Sqrt(squares) {
			t.Errorf("%s: the engine has %v datagrams more, with a standard error of %.1f", part.name, more, math.Sqrt(squares))
		}
	}
}

// expectBody gives what tells whether the result of a GET is what it has to be.
func expectBody(got []byte, err error) func(want []byte) error {
	return func(want []byte) error {
		if err == nil && !bytes.Equal(got, want) {
			return fmt.Errorf("%w: %d bytes %.40q, want %d", errWrong, len(got), got, len(want))
		}
		return err
	}
}

func summary(all []crossing) string {
	var took []time.Duration
	datagrams, again := 0, 0
	for _, c := range all {
		datagrams += c.datagrams
		again += c.again
		if c.err == nil {
			took = append(took, c.took)
		}
	}
	if len(took) == 0 {
		return fmt.Sprintf("0 of %d succeeded, %d datagrams", len(all), datagrams)
	}
	slices.Sort(took)
	return fmt.Sprintf("%d of %d succeeded, %d datagrams, %d retransmissions; time: median %.1f s, longest %.1f s",
		len(took), len(all), datagrams, again, took[len(took)/2].Seconds(), took[len(took)-1].Seconds())
}

// blob gives n bytes that depend on the seed.
func blob(seed uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(mix(seed<<32 + uint64(i)))
	}
	return b
}
