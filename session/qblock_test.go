package session_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session"
	"coapscope/session/blockwise"
	"coapscope/session/lab"
	"coapscope/session/lint"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// quickly makes a NON request by Q-Block, and tells whether it fell back.
func quickly(t *testing.T, e *session.Engine, r session.Request) (response *session.Response, fell error) {
	t.Helper()
	r.QBlock, r.Message.Type = true, protocol.NonConfirmable
	on := r.On
	r.On = func(event session.Event) {
		if f, ok := event.(session.FellBack); ok {
			fell = f.Why
		}
		if on != nil {
			on(event)
		}
	}
	return do(t, e, r), fell
}

// sent counts the frames with the option that were sent, and the RSTs.
func sent(e *session.Engine, option protocol.OptionNumber) (frames, resets int) {
	for s := trace.Seq(1); int(s) <= e.Log().Len(); s++ {
		f := e.Log().At(s)
		var m protocol.Message
		if f.Direction != trace.Sent || m.Parse(f.Data) != nil {
			continue
		}
		if m.Options.Has(option) {
			frames++
		}
		if m.Type == protocol.Reset {
			resets++
		}
	}
	return frames, resets
}

func TestQBlockBothWays(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "store")
	body := lab.Blob(3, 50_000)
	var last session.Progress
	on := func(event session.Event) {
		if p, ok := event.(session.Progress); ok {
			last = p
		}
	}

	r, fell := quickly(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), body), On: on})
	if r.Message.Code != protocol.Changed && r.Message.Code != protocol.Created || fell != nil {
		t.Fatalf("the upload ends with %v, fell back: %v", r.Message, fell)
	}
	if last.Direction != blockwise.Upload || last.Bytes != 50_000 || last.Blocks != 49 || last.Total != 50_000 || last.Retries != 0 {
		t.Errorf("progress of the upload is %+v", last)
	}
	if r.Exchanges != 50 {
		t.Errorf("%d exchanges, want 49 blocks and the question whether the device does it", r.Exchanges)
	}
	r, fell = quickly(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload"), On: on})
	if !bytes.Equal(r.Message.Payload, body) || fell != nil {
		t.Errorf("%d bytes came back, fell back: %v", len(r.Message.Payload), fell)
	}
	if last.Direction != blockwise.Download || last.Bytes != 50_000 || last.Blocks != 49 || last.Total != 50_000 {
		t.Errorf("progress of the download is %+v", last)
	}
	if r.Exchanges != 5 {
		t.Errorf("%d exchanges, want one for each set", r.Exchanges)
	}

	r, fell = quickly(t, e, session.Request{To: to, Message: withPayload(ask(protocol.FETCH, "mirror"), body), BlockSize: 512})
	for i, j := 0, len(body)-1; i < j; i, j = i+1, j-1 {
		body[i], body[j] = body[j], body[i]
	}
	if !bytes.Equal(r.Message.Payload, body) || fell != nil {
		t.Errorf("both ways: %d bytes came back, fell back: %v", len(r.Message.Payload), fell)
	}
	if frames, resets := sent(e, protocol.Block1); frames+resets != 0 {
		t.Errorf("%d frames with Block1, %d Resets", frames, resets)
	}
}

func withPayload(m protocol.Message, payload []byte) protocol.Message {
	m.Payload = payload
	return m
}

// A CON request sends all of it as CON, and each waits for its turn.
func TestQBlockConfirmable(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "store")
	body := lab.Blob(5, 15_000)
	up := do(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), body), QBlock: true})
	down := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload"), QBlock: true})
	if up.Message.Code.Class() != 2 || !bytes.Equal(down.Message.Payload, body) {
		t.Errorf("%v, and %d bytes came back", up.Message, len(down.Message.Payload))
	}
	if frames, resets := sent(e, protocol.QBlock1); frames != 15 || resets != 0 {
		t.Errorf("%d blocks were sent and %d Resets", frames, resets)
	}
	if frames, _ := sent(e, protocol.QBlock2); frames != 1 {
		t.Errorf("%d requests for blocks, want one for all", frames)
	}
}

func TestQBlockFallsBack(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "plugtest")
	body := lab.Blob(7, 5000)
	r, fell := quickly(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "large-update"), body)})
	if r.Message.Code != protocol.Changed || fell == nil {
		t.Errorf("the upload ends with %v, fell back: %v", r.Message, fell)
	}
	r, fell = quickly(t, e, session.Request{To: to, Message: ask(protocol.GET, "large-update")})
	if !bytes.Equal(r.Message.Payload, body) || fell == nil {
		t.Errorf("%d bytes came back, fell back: %v", len(r.Message.Payload), fell)
	}
}

// From a file to a file, and only what was lost again.
func TestQBlockStreamsAndRecovers(t *testing.T) {
	t.Parallel()
	transmission := protocol.DefaultTransmission()
	transmission.AckTimeout = 50 * time.Millisecond
	_, l := start(t)
	to := device(t, l, "store")
	body := lab.Blob(9, 30_000)
	path := filepath.Join(t.TempDir(), "body")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		name, rules string
		up, down    int // retries
	}{
		{"blocks of the request", "lose sent block 3 1-2\nlose sent block 9 1", 3, 0},
		{"2.31", "lose received 2.31 1", 0, 0},
		{"blocks of the response", "lose received block 3 1\nlose received block 12 1", 0, 2},
		{"Continue", "lose sent GET 3", 0, 0},
		{"the final response", "lose received 2.04 1", 1, 0},
		{"the request", "lose sent GET 2", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := open(t)
			quickly(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), []byte("before"))})
			spoil(t, e, tt.rules)
			up, fell := quickly(t, e, session.Request{
				To: to, Message: ask(protocol.PUT, "upload"), Body: bytes.NewReader(body), BodySize: int64(len(body)), Transmission: &transmission,
			})
			if up.Message.Code.Class() != 2 || fell != nil || up.Retries < tt.up {
				t.Errorf("the upload ends with %v and %d retries; fell back: %v", up.Message, up.Retries, fell)
			}
			down, fell := quickly(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload"), Sink: file, Transmission: &transmission})
			if len(down.Message.Payload) > 0 || fell != nil || down.Retries < tt.down {
				t.Errorf("the download ends with %v and %d retries; fell back: %v", down.Message, down.Retries, fell)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, body) {
				t.Errorf("the file has %d bytes: %v", len(got), err)
			}
			if _, resets := sent(e, protocol.QBlock1); resets != 0 {
				t.Errorf("%d Resets", resets)
			}
		})
	}
}

// Who gives up tells the device when that asks for more (RFC 9177 §4.3).
func TestQBlockCancelled(t *testing.T) {
	t.Parallel()
	e, l := start(t)
	to := device(t, l, "store")
	quickly(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload")})
	spoil(t, e, "lose sent block 1")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r := session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), lab.Blob(1, 3000)), QBlock: true}
	r.Message.Type = protocol.NonConfirmable
	r.On = func(event session.Event) {
		if p, ok := event.(session.Progress); ok && p.Blocks == 3 {
			cancel()
		}
	}
	if _, err := e.Do(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if n := len(e.OpenExchanges()); n != 0 {
		t.Errorf("%d exchanges are open", n)
	}
	reset := make(chan struct{}, 1)
	look := func() {
		if _, resets := sent(e, protocol.QBlock1); resets > 0 {
			select {
			case reset <- struct{}{}:
			default:
			}
		}
	}
	e.Log().OnAppend(look)
	look() // it may be there
	select {
	case <-reset:
	case <-time.After(patience):
		t.Error("no Reset for the 4.08")
	}
}

// What goes over the network breaks no rule, where blocks are lost either.
func TestQBlockBreaksNoRule(t *testing.T) {
	t.Parallel()
	e, l := start(t)
	to := device(t, l, "store")
	body := lab.Blob(3, 30_000)
	quickly(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), body)})
	spoil(t, e, "lose received block 3 1\nlose received block 12 1\nlose sent block 14 1")
	fetch := withPayload(ask(protocol.FETCH, "mirror"), body)
	fetch.Options = fetch.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.OctetStream))
	quickly(t, e, session.Request{To: to, Message: fetch, BlockSize: 512})

	tracker, linter := track.NewTracker(), lint.New()
	var tree dissect.Tree
	for s := trace.Seq(1); int(s) <= e.Log().Len(); s++ {
		f := e.Log().At(s)
		o := track.Observed{Frame: uint64(s), Time: f.Time, Source: f.Source, Destination: f.Destination, Data: f.Data}
		info := tracker.Add(o)
		x, _ := tracker.Exchange(info.Exchange)
		tree.DissectFraming(o.Framing, o.Data)
		linter.Add(o, &tree, info, x)
	}
	for i := range linter.Len() {
		entry := linter.At(i)
		if entry.Rule.Severity < dissect.Warning {
			continue
		}
		f := e.Log().At(trace.Seq(entry.Frame))
		for _, found := range linter.Findings(entry.Frame, dissect.DissectFraming(protocol.DatagramFraming, f.Data)) {
			t.Errorf("frame %d, %v: %v", entry.Frame, f.Direction, &found)
		}
	}
}
