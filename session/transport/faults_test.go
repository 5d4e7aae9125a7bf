package transport_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"coapscope/session/fault"
	"coapscope/session/trace"
)

func (e *end) spoil(t *testing.T, rules string) {
	t.Helper()
	c, err := fault.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetFaults(c); err != nil {
		t.Fatal(err)
	}
}

// pair is two transports and the addresses by which they reach each other on loopback.
func pair(t *testing.T) (a, b *end, toA, toB netip.AddrPort) {
	t.Helper()
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	aim := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	a, b = open(t), open(t)
	return a, b, a.source(t, aim), b.source(t, aim)
}

func (e *end) send(t *testing.T, data string, to netip.AddrPort) trace.Seq {
	t.Helper()
	seq, err := e.Send([]byte(data), to)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func (e *end) wantNext(t *testing.T, data string, done trace.Fault) {
	t.Helper()
	if f := e.next(t); string(f.Data) != data || f.Fault != done {
		t.Errorf("received %q (%v), want %q (%v)", f.Data, f.Fault, data, done)
	}
}

// logged gives the frames in a log of that direction, without those before from, as text.
func (e *end) logged(d trace.Direction, from trace.Seq) (frames []string) {
	for s := from; int(s) <= e.log.Len(); s++ {
		if f := e.log.At(s); f.Direction == d {
			text := string(f.Data)
			if f.Fault != 0 {
				text += " " + f.Fault.String()
			}
			frames = append(frames, text)
		}
	}
	return frames
}

func TestFaultsOfWhatIsSent(t *testing.T) {
	a, b, _, toB := pair(t)
	from := trace.Seq(a.log.Len() + 1)
	a.spoil(t, "lose sent 1\nduplicate sent 2\nreorder sent 3\ndelay sent 5 20ms\nlose received")
	if seq := a.send(t, "one", toB); seq != from {
		t.Errorf("the lost datagram is frame %d, want %d", seq, from)
	}
	a.send(t, "two", toB)
	if seq := a.send(t, "three", toB); seq != 0 {
		t.Errorf("what is held back is frame %d", seq)
	}
	a.send(t, "four", toB)
	begin := time.Now()
	if seq := a.send(t, "five", toB); seq != 0 {
		t.Errorf("what is held back is frame %d", seq)
	}
	for _, want := range []string{"two", "two", "four", "three", "five"} {
		b.wantNext(t, want, 0)
	}
	if took := time.Since(begin); took < 20*time.Millisecond {
		t.Errorf("the delay took %s", took)
	}
	want := []string{"one lost", "two", "two duplicated", "four", "three reordered", "five delayed"}
	a.spoil(t, "") // the frame of "five" is in the log when that returns
	if got := a.logged(trace.Sent, from); !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
	late, before := a.log.At(from+5), a.log.At(from+3)
	if late.Time.Sub(before.Time) < 20*time.Millisecond {
		t.Errorf("the delayed frame has the time %s, %s behind the one before", late.Time, late.Time.Sub(before.Time))
	}
}

func TestFaultsOfWhatIsReceived(t *testing.T) {
	a, b, _, toB := pair(t)
	b.spoil(t, "lose received 2\ncorrupt received 3\nduplicate received 4 5ms\ndelay received 5 1h")
	from := trace.Seq(b.log.Len() + 1)
	a.send(t, "one", toB)
	b.wantNext(t, "one", 0)
	a.send(t, "two", toB)
	a.send(t, "three", toB)
	if f := b.next(t); f.Fault != trace.Corrupted || string(f.Data) == "three" || len(f.Data) != 5 {
		t.Errorf("received %q (%v)", f.Data, f.Fault)
	}
	a.send(t, "four", toB)
	b.wantNext(t, "four", 0)
	b.wantNext(t, "four", trace.Duplicated)
	a.send(t, "five", toB)
	a.send(t, "six", toB)
	b.wantNext(t, "six", 0)
	b.spoil(t, "") // lets go what is held back
	b.wantNext(t, "five", trace.Delayed)
	if got := b.logged(trace.Received, from); len(got) != 7 || got[1] != "two lost" {
		t.Errorf("logged %q", got)
	}
	if c, counts := b.Faults(); len(c.Rules) != 0 || counts.Datagrams != 0 {
		t.Errorf("without faults there are %v and %v", c, counts)
	}
}

// Whoever wants to know when a datagram goes is told its frame, once, and not those of its copies.
func TestSendThen(t *testing.T) {
	a, b, _, toB := pair(t)
	went := make(chan trace.Seq, 10)
	for _, c := range []struct {
		rules string
		done  trace.Fault
	}{{"", 0}, {"lose", trace.Lost}, {"delay 1ms\nduplicate 2ms", trace.Delayed}} {
		a.spoil(t, c.rules)
		if err := a.SendThen([]byte(c.rules), toB, nil, 0, func(s trace.Seq) { went <- s }); err != nil {
			t.Fatal(err)
		}
		select {
		case seq := <-went:
			if f := a.log.At(seq); string(f.Data) != c.rules || f.Fault != c.done {
				t.Errorf("%q: frame %d is %q (%v)", c.rules, seq, f.Data, f.Fault)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%q: nothing goes", c.rules)
		}
	}
	for range 3 { // without faults once, and delayed with its copy
		b.next(t)
	}
	if len(went) != 0 {
		t.Error("it is told more than once")
	}
}

func TestCloseEndsWhatIsHeldBack(t *testing.T) {
	a, _, _, toB := pair(t)
	a.spoil(t, "delay 1h")
	a.send(t, "late", toB)
	length := a.log.Len()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if a.log.Len() != length {
		t.Error("what is held back goes when the transport closes")
	}
	if err := a.SetFaults(fault.Config{}); err == nil {
		t.Error("faults can be set after Close")
	}
}
