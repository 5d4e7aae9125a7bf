package capture_test

import (
	"bytes"
	"errors"
	"iter"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

var (
	begin  = time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC)
	nodeA  = netip.MustParseAddrPort("192.0.2.1:49152")
	nodeB  = netip.MustParseAddrPort("192.0.2.2:5683")
	nodeA6 = netip.MustParseAddrPort("[2001:db8::1]:49152")
	nodeB6 = netip.MustParseAddrPort("[ff02::fd]:5683")
	get    = []byte("\x40\x01\x7d\x34\xbbtemperature")
)

// seen makes a frame as Read gives it.
func seen(after time.Duration, iface string, source, destination netip.AddrPort, data []byte) trace.Frame {
	return trace.Frame{Time: begin.Add(after), Interface: iface, Source: source, Destination: destination, Direction: trace.Seen, Data: data}
}

func pointers(frames []trace.Frame) iter.Seq[*trace.Frame] {
	return func(yield func(*trace.Frame) bool) {
		for i := range frames {
			if !yield(&frames[i]) {
				return
			}
		}
	}
}

func write(t testing.TB, frames []trace.Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := capture.Write(&b, pointers(frames)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives what Read adds, with data of its own.
func read(choice capture.Choice, b []byte) ([]trace.Frame, capture.Stats, error) {
	var frames []trace.Frame
	stats, err := choice.Read(bytes.NewReader(b), func(f trace.Frame) {
		f.Data = slices.Clone(f.Data)
		frames = append(frames, f)
	})
	return frames, stats, err
}

func same(x, y trace.Frame) bool {
	if len(x.Data) == 0 && len(y.Data) == 0 {
		x.Data, y.Data = nil, nil
	}
	return reflect.DeepEqual(x, y)
}

func wantFrames(t *testing.T, got, want []trace.Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d frames, want %d", len(got), len(want))
		return
	}
	for i := range want {
		if !same(got[i], want[i]) {
			t.Errorf("frame %d is %.300v, want %.300v", i, got[i], want[i])
		}
	}
}

func TestRoundTrip(t *testing.T) {
	frames := []trace.Frame{
		seen(0, "", nodeA, nodeB, get),
		seen(1, "eth0", nodeB, nodeA, []byte("\x60\x45\x7d\x34\xff22.3 C")),
		seen(time.Hour, "eth0", nodeA6, nodeB6, get),
		seen(time.Second, "lo", nodeB6, nodeA6, nil), // earlier than the one before
		seen(2, "", nodeA, nodeB, bytes.Repeat([]byte{0xab}, 65507)),
		seen(3, "wlan0", nodeA6, nodeB6, bytes.Repeat([]byte{0xcd}, 65527)),
		seen(4, "lo", nodeA, nodeB, []byte{1}),
	}
	got, stats, err := read(capture.DefaultChoice(), write(t, frames))
	if err != nil {
		t.Fatal(err)
	}
	wantFrames(t, got, frames)
	if stats.Packets != len(frames) || stats.Frames != len(frames) || stats.String() != "7 frames of 7 packets" {
		t.Errorf("stats: %s", stats)
	}
	if got, stats, err := read(capture.DefaultChoice(), write(t, nil)); err != nil || len(got) != 0 || stats.Packets != 0 {
		t.Errorf("a file of no frames: %d frames, %s, %v", len(got), stats, err)
	}
}

// What the frame has that a packet has not is normalised.
func TestWriteNormalises(t *testing.T) {
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:192.0.2.1"), nodeA.Port())
	zoned := netip.MustParseAddrPort("[fe80::1%eth0]:5683")
	anywhere6, anywhere4 := netip.MustParseAddrPort("[::]:5683"), netip.MustParseAddrPort("0.0.0.0:5683")
	frames := []trace.Frame{
		{Seq: 1, Time: begin, Source: mapped, Destination: nodeB, Direction: trace.Sent, Data: get},
		{Seq: 2, Time: begin, Source: zoned, Destination: nodeB6, Direction: trace.Received, Data: get},
		{Seq: 3, Time: begin, Source: anywhere6, Destination: nodeB, Data: get},
		{Seq: 4, Time: begin, Source: nodeA6, Destination: anywhere4, Data: get},
		{Seq: 5, Time: begin, Destination: nodeB6, Data: get},
		{Seq: 6, Source: nodeA, Destination: nodeB, Data: get},
	}
	got, _, err := read(capture.DefaultChoice(), write(t, frames))
	if err != nil {
		t.Fatal(err)
	}
	last := seen(0, "", nodeA, nodeB, get)
	last.Time = time.Unix(0, 0).UTC()
	wantFrames(t, got, []trace.Frame{
		seen(0, "", nodeA, nodeB, get),
		seen(0, "", netip.MustParseAddrPort("[fe80::1]:5683"), nodeB6, get),
		seen(0, "", anywhere4, nodeB, get),
		seen(0, "", nodeA6, anywhere6, get),
		seen(0, "", netip.MustParseAddrPort("[::]:0"), nodeB6, get),
		last,
	})
}

func TestWriteLeavesOut(t *testing.T) {
	frames := []trace.Frame{
		{Seq: 1, Time: begin, Source: nodeA, Destination: nodeB, Data: get},
		{Seq: 2, Time: begin, Source: nodeA, Destination: nodeB, Transport: trace.TLS, Data: get},
		{Seq: 3, Time: begin, Source: nodeA, Destination: nodeB6, Data: get},
		{Seq: 4, Time: begin, Data: get},
		{Seq: 5, Time: begin, Source: nodeA, Destination: nodeB, Data: make([]byte, 65508)},
		{Seq: 6, Time: begin, Source: nodeA6, Destination: nodeB6, Data: make([]byte, 65528)},
		{Seq: 7, Time: begin, Source: nodeB, Destination: nodeA, Data: get},
	}
	var b bytes.Buffer
	err := capture.Write(&b, pointers(frames))
	var left *capture.LeftOutError
	if !errors.As(err, &left) || left.Count != 5 || left.First != 2 || !strings.Contains(left.Error(), "TLS was encrypted") {
		t.Errorf("error %v", err)
	}
	got, _, err := read(capture.DefaultChoice(), b.Bytes())
	if err != nil || len(got) != 2 || got[0].Source != nodeA || got[1].Source != nodeB {
		t.Errorf("%d frames were written (%v)", len(got), err)
	}
}

type fullDisk struct{ room int }

var errFull = errors.New("disk full")

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.room {
		return 0, errFull
	}
	d.room -= len(b)
	return len(b), nil
}

func TestWriteReportsErrors(t *testing.T) {
	frames := slices.Repeat([]trace.Frame{seen(0, "eth0", nodeA, nodeB, make([]byte, 3000))}, 20)
	for _, room := range []int{0, 5000, 20_000} {
		if err := capture.Write(&fullDisk{room}, pointers(frames)); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: error %v", room, err)
		}
	}
}

// gopacket reads the same and finds the checksums right.
func TestWriteForGopacket(t *testing.T) {
	var frames []trace.Frame
	for n := range 300 {
		data := bytes.Repeat([]byte{byte(n), 0xff}, n)[:n]
		frames = append(frames, seen(time.Duration(n), "eth0", nodeA, nodeB, data), seen(time.Duration(n), "eth1", nodeA6, nodeB6, data))
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(write(t, frames)), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range frames {
		data, info, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		iface, err := r.Interface(info.InterfaceIndex)
		if err != nil || iface.Name != want.Interface || !info.Timestamp.Equal(want.Time) || r.LinkType() != layers.LinkTypeRaw {
			t.Errorf("packet %d: interface %v (%v), time %s", i, iface, err, info.Timestamp)
		}
		first := layers.LayerTypeIPv4
		if want.Source.Addr().Is6() {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(data, first, gopacket.Default)
		udp, ok := p.Layer(layers.LayerTypeUDP).(*layers.UDP)
		if !ok || !bytes.Equal(udp.Payload, want.Data) || int(udp.Length) != 8+len(want.Data) {
			t.Fatalf("packet %d: %v", i, p)
		}
		// Built again with checksums by gopacket, the packet is the same.
		again := gopacket.NewSerializeBuffer()
		if err := udp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		network := p.NetworkLayer().(gopacket.SerializableLayer)
		if err := gopacket.SerializeLayers(again, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
			network, udp, gopacket.Payload(udp.Payload)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Bytes(), data) {
			t.Errorf("packet %d is %x, want %x", i, data, again.Bytes())
		}
	}
}
