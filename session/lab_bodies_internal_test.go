package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/lab"
)

// Bodies in blocks, to and from devices with habits; a device that reboots meanwhile.

func TestBlockHabitsOfTheLab(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("0123456789", 500)
	for _, step := range []struct {
		name      string
		request   Request
		code      protocol.Code
		payload   string // its beginning
		length    int    // 0 for any
		exchanges int
		restarts  int
		err       string
	}{
		{"small blocks from there", Request{Message: at(protocol.GET, "block/small", "")}, protocol.Content, "", 5000, 79, 0, ""},
		{"and to there", Request{Message: at(protocol.PUT, "block/small", long)}, protocol.Changed, "5000 octets", 0, 64, 0, ""},
		{"smaller in the middle", Request{Message: at(protocol.PUT, "block/shrinking", long)}, protocol.Changed, "5000 octets", 0, 3 + 31, 0, ""},
		{"4.13 with a hint", Request{Message: at(protocol.PUT, "block/hint", long)}, protocol.Changed, "5000 octets", 0, 80, 1, ""},
		{"4.08 in the middle", Request{Message: at(protocol.PUT, "block/amnesia", long)}, protocol.Changed, "5000 octets", 0, 8, 1, ""},
		{"which not every try has", Request{Message: at(protocol.PUT, "block/amnesia", long)}, protocol.Changed, "5000 octets", 0, 8, 1, ""},
		{"another representation", Request{Message: at(protocol.GET, "block/changing", "")}, protocol.Content, "version 2", 5000, 7, 1, ""},
		{"that is an error by choice", Request{Message: at(protocol.GET, "block/changing", ""), OnChange: blockwise.Fail}, 0, "", 0, 2, 0, "changed"},
		{"another one in every block", Request{Message: at(protocol.GET, "block/restless", "")}, 0, "", 0, -1, -1, "change"},
		{"of no known size", Request{Message: at(protocol.GET, "block/unsized", ""), AskSize: true}, protocol.Content, "", 5000, 5, 0, ""},
		{"each block for itself", Request{Message: at(protocol.PUT, "block/stateless", long)}, protocol.Changed, "", 0, 5, 0, ""},
		{"all written", Request{Message: at(protocol.GET, "block/stateless", "")}, protocol.Content, long, 5000, 5, 0, ""},
		{"too large", Request{Message: at(protocol.PUT, "upload/small", long)}, protocol.NotFound, "", 0, 1, 0, ""},
		// A block that the user asks for is that block and no other.
		{"one block", Request{Message: at(protocol.GET, "block/small", "", option(protocol.Block2, string(protocol.Block{Num: 3, SZX: 1}.Value())))}, protocol.Content, "", 32, 1, 0, ""},
		{"the first block", Request{Message: at(protocol.GET, "block/small", "", option(protocol.Block2, string(protocol.Block{SZX: 2}.Value()))), Plain: true}, protocol.Content, "", 64, 1, 0, ""},
		{"one block to there", Request{Message: at(protocol.PUT, "block/stateless", strings.Repeat("x", 64), option(protocol.Block1, string(protocol.Block{Num: 1, More: true, SZX: 2}.Value())))}, protocol.Changed, "", 0, 1, 0, ""},
	} {
		restarts := 0
		step.request.On = func(event Event) {
			if p, ok := event.(Progress); ok {
				restarts = p.Restarts
			}
		}
		r, err := b.try("difficult", step.request)
		if step.err != "" {
			if err == nil || !strings.Contains(err.Error(), step.err) || step.exchanges >= 0 && r.Exchanges != step.exchanges {
				t.Errorf("%s: %v after %d exchanges", step.name, err, r.Exchanges)
			}
			continue
		}
		if err != nil || r.Message.Code != step.code || !strings.HasPrefix(string(r.Message.Payload), step.payload) ||
			step.length > 0 && len(r.Message.Payload) != step.length || r.Exchanges != step.exchanges || restarts != step.restarts {
			t.Errorf("%s: %v %.20q, %d bytes, %d exchanges, %d restarts, %v",
				step.name, r.Message.Code, r.Message.Payload, len(r.Message.Payload), r.Exchanges, restarts, err)
		}
	}
	if got := b.do("difficult", Request{Message: at(protocol.GET, "block/stateless", "")}); string(got.Message.Payload[64:128]) != strings.Repeat("x", 64) {
		t.Errorf("the block went to another place: %q", got.Message.Payload[:192])
	}
	if r := b.do("store", Request{Message: at(protocol.PUT, "upload/small", long)}); r.Message.Code != protocol.RequestEntityTooLarge {
		t.Errorf("more than there is room for: %v", r.Message)
	}
}

func TestBodiesBothWaysOfTheLab(t *testing.T) {
	b := newBench(t)
	for _, method := range []struct{ code, answer protocol.Code }{
		{protocol.POST, protocol.Changed},
		{protocol.PUT, protocol.Changed},
		{protocol.FETCH, protocol.Content},
		{protocol.PATCH, protocol.Changed},
		{protocol.IPATCH, protocol.Changed},
	} {
		for _, size := range []int{0, 1, 16, 17, 1024, 1025, 5000} {
			for _, blocks := range []struct{ up, down int }{{0, 0}, {64, 512}, {1024, 128}} {
				body := lab.Blob(int64(size), size)
				m := at(method.code, "mirror", string(body), number(protocol.ContentFormatOption, uint64(protocol.OctetStream)))
				name := fmt.Sprintf("%v of %d bytes, blocks of %d and %d", method.code, size, blocks.up, blocks.down)
				r := b.do("store", Request{Message: m, BlockSize: blocks.up, ResponseBlockSize: blocks.down, RequestTag: []byte{1, 2}})
				slices.Reverse(body)
				if r.Message.Code != method.answer || !bytes.Equal(r.Message.Payload, body) {
					t.Errorf("%s: %v with %d bytes, the mirrored body %v", name, r.Message.Code, len(r.Message.Payload), bytes.Equal(r.Message.Payload, body))
				}
			}
		}
	}
}

// From a file to the device and into another file; what a cancelled download has is not asked for again.
func TestFilesOfTheLab(t *testing.T) {
	b := newBench(t)
	body := lab.Blob(9, 200_000)
	from := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(from, body, 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	sink, err := os.Create(filepath.Join(t.TempDir(), "to"))
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	if r := b.do("store", Request{Message: at(protocol.PUT, "upload", ""), Body: source, BodySize: int64(len(body))}); r.Message.Code != protocol.Changed || r.Exchanges != 196 {
		t.Fatalf("upload: %v after %d exchanges", r.Message, r.Exchanges)
	}

	ctx, cancel := context.WithCancel(t.Context())
	get := Request{To: b.addr("store"), Message: at(protocol.GET, "upload", ""), Sink: sink}
	var reached int64
	get.On = func(event Event) {
		if p, ok := event.(Progress); ok && p.Blocks == 50 {
			reached = p.Bytes
			cancel()
		}
	}
	if _, err := b.Do(ctx, get); !errors.Is(err, context.Canceled) || reached != 50<<10 {
		t.Fatalf("cancelled after %d bytes: %v", reached, err)
	}
	if has, err := sink.Stat(); err != nil || has.Size() < reached {
		t.Errorf("the file has %v bytes, %v", has.Size(), err)
	}
	etag, _ := b.do("store", Request{Message: at(protocol.GET, "upload", "", option(protocol.Block2, string(protocol.Block{SZX: 0}.Value()))), Plain: true}).Message.Options.First(protocol.ETag)
	r := b.do("store", Request{Message: get.Message, Sink: sink, ResumeDownload: blockwise.Resume{Offset: reached, ETag: etag}})
	got, err := os.ReadFile(sink.Name())
	if r.Message.Code != protocol.Content || len(r.Message.Payload) != 0 || err != nil || !bytes.Equal(got, body) || r.Exchanges != 196-50 {
		t.Errorf("resumed: %v after %d exchanges, %d bytes, %v", r.Message.Code, r.Exchanges, len(got), err)
	}
}

func TestRebootOfTheLab(t *testing.T) {
	b := newBench(t)
	reboot := func(device string) {
		if err := b.lab.Reboot(device); err != nil {
			t.Error(err)
		}
	}
	// A download goes on: its blocks depend on nothing that the device has forgotten. An upload begins anew.
	body := lab.Blob(4, 20_000)
	once := func(at int) func(Event) {
		return func(event Event) {
			if p, ok := event.(Progress); ok && p.Blocks == at && p.Restarts == 0 {
				reboot("store")
			}
		}
	}
	if r := b.do("store", Request{Message: at(protocol.PUT, "upload", string(body)), On: once(5)}); r.Message.Code != protocol.Changed || r.Exchanges != 5+1+20 {
		t.Errorf("upload: %v after %d exchanges", r.Message, r.Exchanges)
	}
	if r := b.do("store", Request{Message: at(protocol.GET, "upload", ""), On: once(5)}); !bytes.Equal(r.Message.Payload, body) || r.Exchanges != 20 {
		t.Errorf("download: %v, %d bytes after %d exchanges", r.Message.Code, len(r.Message.Payload), r.Exchanges)
	}

	// An observation gets no more notifications, and is registered anew when Max-Age is over.
	events := make(chan ObservationEvent, 100)
	o, err := b.Observe(Request{To: b.addr("livingroom-node"), Message: at(protocol.GET, "sensors/temp", "")}, func(e ObservationEvent) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	next := func() ObservationEvent {
		t.Helper()
		select {
		case e := <-events:
			return e
		case <-time.After(patience):
			t.Fatal("nothing happens")
			return nil
		}
	}
	first, ok := next().(Notification)
	if !ok || !first.Registered {
		t.Fatalf("first: %+v", first)
	}
	reboot("livingroom-node")
	b.lab.Tick() // notifies nobody
	b.clock.advance(first.Expires.Sub(b.clock.Now()))
	stalled, ok := next().(Stalled)
	if !ok {
		t.Fatalf("after Max-Age: %+v", stalled)
	}
	b.clock.advance(stalled.Reregister.Sub(b.clock.Now()))
	if n, ok := next().(Notification); !ok || !n.Registered || !n.Fresh {
		t.Errorf("registered anew: %+v", n)
	}
	b.lab.Tick()
	if n, ok := next().(Notification); !ok || n.Registered || !n.Fresh {
		t.Errorf("notified again: %+v", n)
	}
	o.Cancel(Deregister)
	if end, ok := next().(ObservationEnd); !ok || !end.Cancelled || end.Response == nil {
		t.Errorf("ended with %+v", end)
	}
	<-o.Done()
}
