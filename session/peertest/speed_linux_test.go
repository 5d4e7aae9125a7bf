package peertest_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/peertest"
)

// A body of 1 MB comes by Block2 in at most about the time that libcoap's client takes for it, from the same server;
// -v tells the ratio, which is 0.5 to 0.9. With NSTART 1 each block waits for the one before, so that most of the time
// is the server's and the system's, and the margin of the test is wide.
func TestMegabyteBesideLibcoap(t *testing.T) {
	if raced {
		t.Skip("the race detector takes its time on one side only")
	}
	for _, peer := range []struct {
		name string
		find func(testing.TB, string) string
	}{{"libcoap of the system", peertest.System}, {"libcoap 4.3.4", peertest.Program}} {
		t.Run(peer.name, func(t *testing.T) {
			s := newStage(t)
			s.serve(exec.Command(peer.find(t, "coap-server"), "-d", "10"))
			client := peer.find(t, "coap-client")
			e := openEngine(t)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			do := func(code protocol.Code, name string, payload []byte) (*session.Response, time.Duration) {
				m := protocol.Message{Code: code, Payload: payload}
				m.Options = m.Options.Add(protocol.URIPath, []byte(name))
				begin := time.Now()
				response, err := e.Do(ctx, session.Request{To: s.addr(), Message: m})
				took := time.Since(begin)
				check(t, err)
				if response.Message.Code.Class() != 2 {
					t.Fatalf("%v %s: %v", code, name, response.Message)
				}
				return response, took
			}
			body := numbered(1 << 20)
			do(protocol.PUT, "body", body)
			do(protocol.PUT, "tiny", body[:10])
			out := filepath.Join(s.dir, "out")
			theirs := func(name string, want []byte) time.Duration {
				os.Remove(out)
				begin := time.Now()
				said, err := exec.CommandContext(ctx, client, "-m", "get", "-o", out, s.url("coap", "/"+name)).CombinedOutput()
				took := time.Since(begin)
				got, _ := os.ReadFile(out)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("coap-client: %v, %d bytes: %s", err, len(got), said)
				}
				return took
			}
			// The least of some, in turns, until it is enough: what else the machine does only makes them longer.
			const ever, wanted = time.Duration(math.MaxInt64), 2
			mine, whole, start, ratio := ever, ever, ever, math.Inf(1)
			for round := 0; round < 60 && (round < 10 || ratio > wanted); round++ {
				start = min(start, theirs("tiny", body[:10]))
				whole = min(whole, theirs("body", body))
				response, took := do(protocol.GET, "body", nil)
				if !bytes.Equal(response.Message.Payload, body) {
					t.Fatal("the body differs")
				}
				mine = min(mine, took)
				ratio = float64(mine) / float64(whole-start)
			}
			t.Logf("1 MB by Block2: %v, coap-client %v: %.2f of its time; without its start of %v %.2f", mine, whole, float64(mine)/float64(whole), start, ratio)
			if ratio > wanted {
				t.Errorf("%.2f of the time of coap-client", ratio)
			}
		})
	}
}
