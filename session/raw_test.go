package session_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// logged waits until the log of the engine has n frames.
func logged(t *testing.T, e *session.Engine, n int) *trace.Frame {
	t.Helper()
	more := make(chan struct{}, 1)
	e.Log().OnAppend(func() {
		select {
		case more <- struct{}{}:
		default:
		}
	})
	defer e.Log().OnAppend(nil)
	timeout := time.After(patience)
	for e.Log().Len() < n {
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("%d frames, want %d", e.Log().Len(), n)
		}
	}
	return e.Log().At(trace.Seq(n))
}

// A device answers malformed CONs with a RST and well-formed ones with what they ask for, and all of it
// is in the log without an exchange being open.
func TestRawBytesAreSentAsTheyAre(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "plugtest")
	for i, c := range []struct {
		name, data, want string
	}{
		{"option past the end", "\x40\x01\x12\x34\xb9abc", "\x70\x00\x12\x34"},
		{"token length 9", "\x49\x01\x12\x35", "\x70\x00\x12\x35"},
		{"marker without payload", "\x40\x01\x12\x36\xff", "\x70\x00\x12\x36"},
		{"ping", "\x40\x00\x12\x37", "\x70\x00\x12\x37"},
	} {
		seq, err := e.SendRaw(to, []byte(c.data))
		if err != nil || seq != trace.Seq(2*i+1) {
			t.Fatalf("%s: frame %d, %v", c.name, seq, err)
		}
		sent := e.Log().At(seq)
		if sent.Direction != trace.Sent || sent.Destination != to || string(sent.Data) != c.data || !sent.Source.Addr().IsLoopback() {
			t.Errorf("%s: logged as %+v", c.name, sent)
		}
		if got := logged(t, e, 2*i+2); string(got.Data) != c.want || got.Direction != trace.Received || got.Source != to {
			t.Errorf("%s: answered with %x, want %x", c.name, got.Data, c.want)
		}
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open exchanges: %+v", open)
	}
	if r := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "test")}); r.Message.Code != protocol.Content || r.Attempts != 1 {
		t.Errorf("a request after it: %v after %d attempts", r.Message, r.Attempts)
	}
}

// Bytes sent while a request is open leave it alone, whatever comes back for them.
func TestRawBytesDisturbNoRequest(t *testing.T) {
	e := open(t)
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	to := peer.LocalAddr().(*net.UDPAddr).AddrPort()
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		r, err := e.Do(ctx, session.Request{To: to, Message: ask(protocol.GET, "x")})
		if err == nil && r.Message.Code != protocol.Content {
			err = errors.New(r.Message.Code.String())
		}
		done <- err
	}()
	read := func() ([]byte, netip.AddrPort) {
		t.Helper()
		b := make([]byte, 1500)
		peer.SetReadDeadline(time.Now().Add(patience))
		n, from, err := peer.ReadFromUDPAddrPort(b)
		if err != nil {
			t.Fatal(err)
		}
		return b[:n], from
	}
	request, from := read()
	raw := []byte{0x40, 0x01, request[2] ^ 0x80, request[3]} // another message ID
	if _, err := e.SendRaw(to, raw); err != nil {
		t.Fatal(err)
	}
	for got := []byte(nil); !bytes.Equal(got, raw); { // the request may be sent again meanwhile
		got, _ = read()
	}
	for _, reply := range [][]byte{
		{0x70, 0x00, raw[2], raw[3]}, // what the raw bytes get
		{0x60, 0x45, raw[2], raw[3], 0xff, 'x'},
		append(append([]byte{0x60 | request[0]&15, 0x45}, request[2:4+request[0]&15]...), 0xff, 'y'), // what the request gets
	} {
		if _, err := peer.WriteToUDPAddrPort(reply, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRawBytesGoToAGroupOnlyWhenAsked(t *testing.T) {
	e := open(t)
	data := []byte{0x50, 0x01, 0, 1}
	for _, to := range []string{"224.0.1.187:5683", "[ff02::fd%lo]:5683", "255.255.255.255:5683", "[::ffff:224.0.1.187]:5683"} {
		if _, err := e.SendRaw(netip.MustParseAddrPort(to), data); !errors.Is(err, session.ErrGroup) {
			t.Errorf("%s: got %v", to, err)
		}
	}
	if n := e.Log().Len(); n != 0 {
		t.Errorf("%d frames were sent all the same", n)
	}
	group := netip.MustParseAddrPort("224.0.1.187:5683")
	seq, err := e.SendRaw(group, data, session.ToGroup(loopbackInterface(t)))
	if err != nil {
		t.Fatal(err)
	}
	if f := e.Log().At(seq); f.Destination != group || !bytes.Equal(f.Data, data) {
		t.Errorf("logged as %+v", f)
	}
}

func TestRawBytesThatCannotBeSent(t *testing.T) {
	e := open(t)
	if _, err := e.SendRaw(netip.AddrPort{}, nil); err == nil {
		t.Error("sent to nowhere")
	}
	if _, err := e.SendRaw(netip.MustParseAddrPort("127.0.0.1:5683"), make([]byte, 70_000)); err == nil {
		t.Error("70,000 bytes fit a datagram")
	}
	e.Close()
	if _, err := e.SendRaw(netip.MustParseAddrPort("127.0.0.1:5683"), nil); !errors.Is(err, session.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Bytes sent as they are to a port that nobody listens on are told to have come to nobody.
func TestRawBytesThatDoNotArrive(t *testing.T) {
	e := open(t)
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	to := peer.LocalAddr().(*net.UDPAddr).AddrPort()
	peer.Close()
	said := make(chan error, 10)
	for _, data := range [][]byte{{0x49, 0x01, 0x12, 0x34}, {0x40}} {
		if _, err := e.SendRaw(to, data, session.OnUndelivered(func(err error) { said <- err })); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-said:
			var icmp *transport.ICMPError
			if errors.As(err, &icmp) && !icmp.PortUnreachable() {
				t.Errorf("%x: %v", data, err)
			}
		case <-time.After(patience):
			t.Fatalf("%x: nobody says that it did not arrive", data)
		}
	}
}
