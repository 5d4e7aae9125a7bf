package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// udp4 and udp6 build IP packets with gopacket.
func udp4(t testing.TB, source, destination netip.AddrPort, data []byte) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolUDP, SrcIP: source.Addr().AsSlice(), DstIP: destination.Addr().AsSlice()}
	return serialize(t, ip, udpLayer(t, ip, source, destination), gopacket.Payload(data))
}

func udp6(t testing.TB, source, destination netip.AddrPort, data []byte) []byte {
	ip := &layers.IPv6{Version: 6, HopLimit: 9, NextHeader: layers.IPProtocolUDP, SrcIP: source.Addr().AsSlice(), DstIP: destination.Addr().AsSlice()}
	return serialize(t, ip, udpLayer(t, ip, source, destination), gopacket.Payload(data))
}

func udpLayer(t testing.TB, ip gopacket.NetworkLayer, source, destination netip.AddrPort) *layers.UDP {
	t.Helper()
	udp := &layers.UDP{SrcPort: layers.UDPPort(source.Port()), DstPort: layers.UDPPort(destination.Port())}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	return udp
}

func serialize(t testing.TB, list ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, list...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// pcap writes packets with gopacket, with times in microseconds.
func pcap(t testing.TB, link uint16, packets ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65535, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(b.Bytes()[20:], link) // gopacket's link types have but 8 bits
	for _, packet := range packets {
		info := gopacket.CaptureInfo{Timestamp: begin, CaptureLength: len(packet), Length: len(packet)}
		if err := w.WritePacket(info, packet); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

var begin4 = begin.Truncate(time.Microsecond).Sub(begin) // what a time in microseconds loses

func TestReadLinkLayers(t *testing.T) {
	ip4, ip6 := udp4(t, nodeA, nodeB, get), udp6(t, nodeA6, nodeB6, get)
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	ether := func(kind layers.EthernetType, inner ...byte) []byte {
		return concat(mac, mac, binary.BigEndian.AppendUint16(nil, uint16(kind)), inner)
	}
	cooked2 := func(kind uint16) []byte { return concat(binary.BigEndian.AppendUint16(nil, kind), make([]byte, 18)) }
	for name, test := range map[string]struct {
		link    uint16
		packets [2][]byte
	}{
		"Ethernet":           {uint16(layers.LinkTypeEthernet), [2][]byte{ether(0x0800, ip4...), concat(ether(0x86dd, ip6...), make([]byte, 6))}},
		"VLAN":               {uint16(layers.LinkTypeEthernet), [2][]byte{concat(ether(0x8100, 0, 7, 8, 0), ip4), concat(ether(0x88a8, 0, 1, 0x81, 0, 0, 2, 0x86, 0xdd), ip6)}},
		"Linux cooked":       {uint16(layers.LinkTypeLinuxSLL), [2][]byte{concat(make([]byte, 14), []byte{8, 0}, ip4), concat(make([]byte, 14), []byte{0x86, 0xdd}, ip6)}},
		"Linux cooked v2":    {276, [2][]byte{concat(cooked2(0x0800), ip4), concat(cooked2(0x86dd), ip6)}},
		"loopback":           {uint16(layers.LinkTypeNull), [2][]byte{concat([]byte{2, 0, 0, 0}, ip4), concat([]byte{0, 0, 0, 30}, ip6)}},
		"OpenBSD loopback":   {uint16(layers.LinkTypeLoop), [2][]byte{concat([]byte{0, 0, 0, 2}, ip4), concat([]byte{0, 0, 0, 24}, ip6)}},
		"bare IP":            {uint16(layers.LinkTypeRaw), [2][]byte{ip4, ip6}},
		"bare IP of BSD":     {12, [2][]byte{ip4, ip6}},
		"IPv4 only and IPv6": {uint16(layers.LinkTypeIPv4), [2][]byte{ip4, ip6}},
	} {
		got, stats, err := read(capture.DefaultChoice(), pcap(t, test.link, test.packets[0], test.packets[1]))
		if err != nil || stats.Frames != 2 {
			t.Errorf("%s: %s, %v", name, stats, err)
			continue
		}
		wantFrames(t, got, []trace.Frame{seen(begin4, "", nodeA, nodeB, get), seen(begin4, "", nodeA6, nodeB6, get)})
	}
}

func TestReadSkips(t *testing.T) {
	other := netip.MustParseAddrPort("192.0.2.9:9999")
	secure := netip.MustParseAddrPort("192.0.2.2:5684")
	mac := make([]byte, 12)
	tcp := udp4(t, nodeA, nodeB, get)
	tcp[9] = 1
	short := udp4(t, nodeA, nodeB, get)
	badLength := udp4(t, nodeA, nodeB, get)
	badLength[25] = 200 // the UDP length
	packets := [][]byte{
		concat(mac, []byte{8, 6}, make([]byte, 28)),                        // ARP
		concat(mac, []byte{8, 0}, tcp),                                     // TCP
		concat(mac, []byte{8, 0}, udp4(t, nodeA, other, []byte("hello"))),  // another port
		concat(mac, []byte{8, 0}, udp4(t, nodeA, secure, []byte("hello"))), // DTLS
		concat(mac, []byte{8, 0}, short[:len(short)-1]),                    // shorter than it says
		concat(mac, []byte{8, 0}, badLength),
		concat(mac, []byte{8, 0}, udp4(t, nodeA, nodeB, get)),
		mac,
	}
	got, stats, err := read(capture.DefaultChoice(), pcap(t, uint16(layers.LinkTypeEthernet), packets...))
	if err != nil || len(got) != 1 {
		t.Errorf("%d frames, %v", len(got), err)
	}
	want := map[capture.Skip]int{
		capture.SkipNotIP: 1, capture.SkipProtocol: 1, capture.SkipPort: 1, capture.SkipEncrypted: 1, capture.SkipMalformed: 2, capture.SkipTruncated: 1,
	}
	for reason := capture.SkipLink; reason <= capture.SkipFragment; reason++ {
		if stats.Skipped(reason) != want[reason] {
			t.Errorf("%d packets skipped as %q, want %d", stats.Skipped(reason), reason, want[reason])
		}
	}
	if text := "1 frames of 8 packets; skipped: 1 not IP, 1 neither UDP nor TCP, 1 another port, 1 encrypted (DTLS, TLS), 1 cut short by the capture, 2 malformed headers"; stats.String() != text {
		t.Errorf("stats: %s", stats)
	}
	if _, stats, err := read(capture.DefaultChoice(), pcap(t, uint16(layers.LinkTypePPP), get)); err != nil || stats.Skipped(capture.SkipLink) != 1 {
		t.Errorf("PPP: %s, %v", stats, err)
	}
}

func TestReadTruncatedPacket(t *testing.T) {
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(40, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	packet := udp4(t, nodeA, nodeB, get)
	if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: begin, CaptureLength: 40, Length: len(packet)}, packet[:40]); err != nil {
		t.Fatal(err)
	}
	got, stats, err := read(capture.DefaultChoice(), b.Bytes())
	if err != nil || len(got) != 0 || stats.Skipped(capture.SkipTruncated) != 1 {
		t.Errorf("%d frames, %s, %v", len(got), stats, err)
	}
}

func TestChoice(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:61616")
	answer := []byte("\x60\x45\x7d\x34\xff22.3 C")
	dns := []byte("\x41\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01")
	file := pcap(t, uint16(layers.LinkTypeRaw),
		udp4(t, server, client, answer), // before the request nothing says that it is CoAP
		udp4(t, client, netip.MustParseAddrPort("192.0.2.53:53"), dns),
		udp4(t, client, server, get),
		udp4(t, server, client, answer),
		udp4(t, client, server, []byte{0xff}), // malformed, but of these two
	)
	for name, test := range map[string]struct {
		choice          capture.Choice
		frames, guessed int
	}{
		"default":        {capture.DefaultChoice(), 3, 3},
		"without guess":  {capture.Choice{Ports: []uint16{5683}}, 0, 0},
		"the port":       {capture.Choice{Ports: []uint16{61616}}, 4, 0},
		"all, by a port": {capture.Choice{Ports: []uint16{1, 40000}, Guess: true}, 5, 0},
	} {
		got, stats, err := read(test.choice, file)
		if err != nil || len(got) != test.frames || stats.Guessed != test.guessed || stats.Skipped(capture.SkipPort) != 5-test.frames {
			t.Errorf("%s: %d frames, %s, %v", name, len(got), stats, err)
		}
	}
}

// An answer from the wrong port is there to be seen, as are others to who asked.
func TestChoiceTakesAnswersFromOtherPorts(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:5683")
	other := netip.MustParseAddrPort("192.0.2.2:5685")
	file := pcap(t, uint16(layers.LinkTypeRaw),
		udp4(t, other, client, []byte{1}), // before the request nothing says that it is about CoAP
		udp4(t, client, server, get),
		udp4(t, other, client, []byte("\x60\x45\x7d\x34\xff22.3 C")),
		udp4(t, client, netip.MustParseAddrPort("192.0.2.3:5683"), []byte{0}), // no request
	)
	got, stats, err := read(capture.DefaultChoice(), file)
	if err != nil || len(got) != 3 || stats.Guessed != 1 || got[1].Source != other {
		t.Errorf("%d frames, %s, %v", len(got), stats, err)
	}
}

// fragments4 cuts an IPv4 packet, size bytes of content each.
func fragments4(packet []byte, id uint16, size int) (list [][]byte) {
	content := packet[20:]
	for at := 0; at < len(content); at += size {
		part := content[at:min(at+size, len(content))]
		header := bytes.Clone(packet[:20])
		binary.BigEndian.PutUint16(header[2:], uint16(20+len(part)))
		binary.BigEndian.PutUint16(header[4:], id)
		position := uint16(at / 8)
		if at+size < len(content) {
			position |= 0x2000
		}
		binary.BigEndian.PutUint16(header[6:], position)
		list = append(list, concat(header, part))
	}
	return list
}

// fragments6 does so with IPv6, behind a hop-by-hop header.
func fragments6(packet []byte, id uint32, size int) (list [][]byte) {
	content := packet[40:]
	for at := 0; at < len(content); at += size {
		part := content[at:min(at+size, len(content))]
		header := bytes.Clone(packet[:40])
		header[6] = 0
		binary.BigEndian.PutUint16(header[4:], uint16(16+len(part)))
		position := uint16(at)
		if at+size < len(content) {
			position |= 1
		}
		extension := concat([]byte{44, 0, 1, 4, 0, 0, 0, 0, 17, 0}, binary.BigEndian.AppendUint16(nil, position), binary.BigEndian.AppendUint32(nil, id))
		list = append(list, concat(header, extension, part))
	}
	return list
}

func TestReadFragments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	big4, big6 := bytes.Repeat([]byte("abcdefg"), 500), bytes.Repeat([]byte("hijkl"), 700)
	f4, f6 := fragments4(udp4(t, nodeA, nodeB, big4), 7, 1000), fragments6(udp6(t, nodeA6, nodeB6, big6), 7, 1000)
	g4 := fragments4(udp4(t, nodeA, nodeB, big6), 8, 1480)
	for range 30 {
		packets := concatLists(f4, f6, g4)
		r.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
		got, stats, err := read(capture.DefaultChoice(), pcap(t, uint16(layers.LinkTypeRaw), packets...))
		if err != nil || len(got) != 3 || stats.Joined != len(packets)-3 || stats.Skipped(capture.SkipFragment) != 0 {
			t.Fatalf("%d frames, %s, joined %d, %v", len(got), stats, stats.Joined, err)
		}
		for _, f := range got {
			if string(f.Data) != string(big4) && string(f.Data) != string(big6) || f.Destination != nodeB && f.Destination != nodeB6 {
				t.Fatalf("put together as %.60q to %s", f.Data, f.Destination)
			}
		}
	}
	// One missing, one twice, one that overlaps.
	wrong := bytes.Clone(f4[1])
	wrong[30] ^= 1
	for name, test := range map[string]struct {
		packets                 [][]byte
		frames, lost, malformed int
	}{
		"missing":     {f4[1:], 0, len(f4) - 1, 0},
		"twice":       {concatLists(f4[:2], f4[1:]), 1, 0, 0},
		"overlapping": {concatLists(f4[:2], [][]byte{wrong}, f4[2:]), 0, len(f4), 1},
	} {
		got, stats, err := read(capture.DefaultChoice(), pcap(t, uint16(layers.LinkTypeRaw), test.packets...))
		if err != nil || len(got) != test.frames || stats.Skipped(capture.SkipFragment) != test.lost || stats.Skipped(capture.SkipMalformed) != test.malformed {
			t.Errorf("%s: %d frames, %s, %v", name, len(got), stats, err)
		}
		checkSum(t, stats)
	}
}

func concatLists(lists ...[][]byte) (all [][]byte) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// checkSum holds that every packet is accounted for.
func checkSum(t interface{ Errorf(string, ...any) }, stats capture.Stats) {
	sum := stats.Datagrams + stats.Segments + stats.Joined
	for reason := capture.SkipLink; reason <= capture.SkipCompressed; reason++ {
		sum += stats.Skipped(reason)
	}
	if sum != stats.Packets || stats.Guessed > stats.Frames || stats.Segments < 0 {
		t.Errorf("%d packets, but %d accounted for: %s", stats.Packets, sum, stats)
	}
}

// block frames the body of a pcapng block.
func block(order binary.AppendByteOrder, kind uint32, body ...[]byte) []byte {
	inner := concat(body...)
	for len(inner)%4 != 0 {
		inner = append(inner, 0)
	}
	length := uint32(len(inner) + 12)
	return concat(order.AppendUint32(order.AppendUint32(nil, kind), length), inner, order.AppendUint32(nil, length))
}

func section(order binary.AppendByteOrder) []byte {
	return block(order, 0x0a0d0d0a, order.AppendUint32(nil, 0x1a2b3c4d), order.AppendUint16(nil, 1), order.AppendUint16(nil, 0), bytes.Repeat([]byte{0xff}, 8))
}

// describe is an interface description of bare IP with options.
func describe(order binary.AppendByteOrder, snap uint32, options ...[]byte) []byte {
	return block(order, 1, order.AppendUint16(nil, 101), []byte{0, 0}, order.AppendUint32(nil, snap), concat(options...))
}

func option(order binary.AppendByteOrder, code uint16, value ...byte) []byte {
	b := append(order.AppendUint16(order.AppendUint16(nil, code), uint16(len(value))), value...)
	return append(b, make([]byte, -len(value)&3)...)
}

func enhanced(order binary.AppendByteOrder, iface uint32, ticks uint64, packet []byte) []byte {
	length := uint32(len(packet))
	head := order.AppendUint32(order.AppendUint32(order.AppendUint32(nil, iface), uint32(ticks>>32)), uint32(ticks))
	return block(order, 6, order.AppendUint32(order.AppendUint32(head, length), length), packet)
}

func TestReadPcapng(t *testing.T) {
	packet := udp4(t, nodeA, nodeB, get)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := concat(
			section(order),
			block(order, 4, []byte("name resolution")),
			describe(order, 0, option(order, 2, []byte("eth0")...), option(order, 3, []byte("first")...), option(order, 0)), // microseconds
			describe(order, 44, option(order, 9, 9)),                                                     // nanoseconds
			describe(order, 0, option(order, 9, 0x80|20)),                                                // 2^-20 s
			describe(order, 0, option(order, 9, 0), option(order, 14, order.AppendUint64(nil, 1000)...)), // seconds, shifted
			enhanced(order, 0, 1_500_000, packet),
			enhanced(order, 1, 2_000_000_001, packet),
			enhanced(order, 2, 3<<20|1<<19, packet),
			block(order, 0x80000001, []byte("private")),
			enhanced(order, 3, 5, packet),
			block(order, 3, order.AppendUint32(nil, uint32(len(packet))), packet), // simple: no time
			block(order, 2, order.AppendUint16(order.AppendUint16(nil, 1), 99), order.AppendUint32(nil, 0), order.AppendUint32(nil, 7),
				order.AppendUint32(order.AppendUint32(nil, uint32(len(packet))), uint32(len(packet))), packet), // obsolete
			section(binary.LittleEndian), // another section, with interfaces of its own
			describe(binary.LittleEndian, 0, option(binary.LittleEndian, 2, []byte("wlan0")...)),
			enhanced(binary.LittleEndian, 0, 1, packet),
		)
		got, stats, err := read(capture.DefaultChoice(), b)
		if err != nil || stats.Packets != 7 {
			t.Errorf("%s, %v", stats, err)
		}
		want := []trace.Frame{}
		for _, x := range []struct {
			iface string
			at    time.Time
		}{
			{"eth0", time.Unix(1, 500_000_000)},
			{"", time.Unix(2, 1)},
			{"", time.Unix(3, 500_000_000)},
			{"", time.Unix(1005, 0)},
			{"eth0", time.Time{}},
			{"", time.Unix(0, 7)},
			{"wlan0", time.Unix(0, 1000)},
		} {
			f := seen(0, x.iface, nodeA, nodeB, get)
			f.Time = x.at.UTC()
			want = append(want, f)
		}
		wantFrames(t, got, want)
	}
}

func TestReadDamage(t *testing.T) {
	le := binary.LittleEndian
	packet := udp4(t, nodeA, nodeB, get)
	good := concat(section(le), describe(le, 0), enhanced(le, 0, 1, packet))
	end := int64(len(good))
	header := pcap(t, uint16(layers.LinkTypeRaw))
	change := func(b []byte, at int, value ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], value)
		return b
	}
	for name, test := range map[string]struct {
		file   []byte
		offset int64
		frames int
	}{
		"empty":                       {nil, 0, 0},
		"three bytes":                 {[]byte{1, 2, 3}, 3, 0},
		"text":                        {[]byte("hello, world, this is no capture"), 0, 0},
		"pcap version 3":              {change(header, 4, 3), 4, 0},
		"pcap packet of 2 GB":         {concat(header, make([]byte, 8), []byte{0, 0, 0, 0x80, 0, 0, 0, 0x80}), 32, 0},
		"pcap cut in its header":      {header[:20], 20, 0},
		"pcapng version 2":            {change(good, 12, 2), 12, 0},
		"byte order":                  {change(good, 8, 1, 2, 3, 4), 8, 0},
		"short section header":        {change(good, 4, 12), 4, 0},
		"block of 4 bytes":            {concat(good, []byte{6, 0, 0, 0, 4, 0, 0, 0}), end + 4, 1},
		"block of 13 bytes":           {concat(good, []byte{6, 0, 0, 0, 13, 0, 0, 0}), end + 4, 1},
		"block of 4 GB":               {concat(good, []byte{6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff}), end + 4, 1},
		"private block of 4 GB":       {concat(good, []byte{9, 9, 0, 0, 0xfc, 0xff, 0xff, 0xff, 1, 2}), end + 10, 1},
		"two lengths":                 {concat(good, change(enhanced(le, 0, 1, packet), 32+len(packet)-4, 8), good), end + 28 + int64(len(packet)), 1},
		"interface that is not there": {concat(good, enhanced(le, 1, 1, packet)), end + 8, 1},
		"packet without its header":   {concat(good, block(le, 6, make([]byte, 16))), end + 4, 1},
		"packet longer than block":    {concat(good, change(enhanced(le, 0, 1, packet), 20, 255)), end + 20, 1},
		"simple packet of nothing":    {concat(good, block(le, 3)), end + 8, 1},
		"simple packet too long":      {concat(good, block(le, 3, le.AppendUint32(nil, 99))), end + 8, 1},
		"interface without header":    {concat(good, block(le, 1)), end + 8, 1},
		"resolution of 10^-20":        {concat(good, describe(le, 0, option(le, 9, 20))), end + 20, 1},
		"resolution of 2^-64":         {concat(good, describe(le, 0, option(le, 9, 0xc0))), end + 20, 1},
		"empty resolution":            {concat(good, describe(le, 0, option(le, 9))), end + 20, 1},
		"option past its block":       {concat(good, describe(le, 0, []byte{2, 0, 9, 0})), end + 18, 1},
		"offset of three bytes":       {concat(good, describe(le, 0, option(le, 14, 1, 2, 3))), end + 18, 1},
	} {
		got, stats, err := read(capture.DefaultChoice(), test.file)
		var damage *capture.DamageError
		if !errors.As(err, &damage) || damage.Offset != test.offset || damage.Reason == "" || len(got) != test.frames || stats.Frames != test.frames {
			t.Errorf("%s: %d frames, error %v; want %d and byte %d", name, len(got), err, test.frames, test.offset)
		}
	}
}

// A file that ends anywhere gives all packets before its end, and says where it ended.
func TestReadCutFiles(t *testing.T) {
	packet := udp4(t, nodeA, nodeB, get)
	for name, file := range map[string][]byte{
		"pcap":   pcap(t, uint16(layers.LinkTypeRaw), packet, packet, packet),
		"pcapng": write(t, []trace.Frame{seen(0, "", nodeA, nodeB, get), seen(1, "eth0", nodeA6, nodeB6, get)}),
	} {
		all, _, err := read(capture.DefaultChoice(), file)
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for n := range file {
			got, stats, err := read(capture.DefaultChoice(), file[:n])
			var damage *capture.DamageError
			if err != nil && (!errors.As(err, &damage) || damage.Offset != int64(n)) {
				t.Errorf("%s cut at %d: %v", name, n, err)
			}
			if len(got) < last || len(got) > len(all) || stats.Frames != len(got) {
				t.Fatalf("%s cut at %d: %d frames after %d", name, n, len(got), last)
			}
			wantFrames(t, got, all[:len(got)])
			last = len(got)
		}
		if last != len(all)-1 {
			t.Errorf("%s: cut by a byte gives %d frames of %d", name, last, len(all))
		}
	}
}

type badDisk struct{ io *bytes.Reader }

var errDisk = errors.New("disk on fire")

func (d badDisk) Read(b []byte) (int, error) {
	n, err := d.io.Read(b)
	if err != nil {
		err = errDisk
	}
	return n, err
}

func TestReadErrorsAndGzip(t *testing.T) {
	file := pcap(t, uint16(layers.LinkTypeRaw), udp4(t, nodeA, nodeB, get), udp4(t, nodeA, nodeB, get))
	frames := 0
	_, err := capture.Read(badDisk{bytes.NewReader(file[:len(file)-3])}, func(trace.Frame) { frames++ })
	var damage *capture.DamageError
	if !errors.Is(err, errDisk) || !errors.As(err, &damage) || damage.Offset != int64(len(file)-3) || frames != 1 {
		t.Errorf("%d frames, %v", frames, err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(file); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if got, stats, err := read(capture.DefaultChoice(), zipped.Bytes()); err != nil || len(got) != 2 {
		t.Errorf("gzipped: %s, %v", stats, err)
	}
	if _, _, err := read(capture.DefaultChoice(), zipped.Bytes()[:8]); !errors.As(err, &damage) {
		t.Errorf("cut gzip: %v", err)
	}
}

// Files of Wireshark's own programs, in all formats that they write alike.
func TestReadWiresharkFiles(t *testing.T) {
	text2pcap, editcap := tool(t, "text2pcap"), tool(t, "editcap")
	directory := t.TempDir()
	path := func(name string) string { return filepath.Join(directory, name) }
	dump := "0000 40 01 7d 34 bb 74 65 6d 70 65 72 61 74 75 72 65\n\n0000 60 45 7d 34 ff 32 32 2e 33 20 43\n"
	if err := os.WriteFile(path("dump"), []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, arguments ...string) {
		if output, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v: %s", name, strings.Join(arguments, " "), err, output)
		}
	}
	run(text2pcap, "-4", "192.0.2.1,192.0.2.2", "-u", "49152,5683", path("dump"), path("text"))
	for _, format := range []string{"pcap", "nsecpcap", "pcapng"} {
		run(editcap, "-F", format, path("text"), path(format))
		b, err := os.ReadFile(path(format))
		if err != nil {
			t.Fatal(err)
		}
		got, stats, err := read(capture.DefaultChoice(), b)
		if err != nil || len(got) != 2 {
			t.Errorf("%s: %s, %v", format, stats, err)
			continue
		}
		if !bytes.Equal(got[0].Data, get) || got[0].Source != nodeA || got[0].Destination != nodeB || string(got[1].Data) != "\x60\x45\x7d\x34\xff22.3 C" {
			t.Errorf("%s: %+v", format, got)
		}
	}
}

// tshark reads the files of Write: times, interfaces, addresses, ports, data, and checksums.
func TestTsharkReadsWritten(t *testing.T) {
	tshark := tool(t, "tshark")
	frames := []trace.Frame{
		seen(0, "eth0", nodeA, nodeB, get), seen(1, "lo", nodeA6, nodeB6, []byte{0x40, 1, 0, 1}), seen(time.Minute, "", nodeB, nodeA, []byte("\x60\x45\x7d\x34\xff22.3 C")),
	}
	path := filepath.Join(t.TempDir(), "f.pcapng")
	if err := os.WriteFile(path, write(t, frames), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(tshark, "-n", "-r", path, "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|",
		"-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "ip.src", "-e", "ipv6.dst", "-e", "udp.srcport", "-e", "udp.dstport",
		"-e", "udp.checksum.status", "-e", "ip.checksum.status", "-e", "udp.payload").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := `1772600767.123456789|eth0|192.0.2.1||49152|5683|1|1|40017d34bb74656d7065726174757265
1772600767.123456790|lo||ff02::fd|49152|5683|1||40010001
1772600827.123456789|unknown|192.0.2.2||5683|49152|1|1|60457d34ff32322e332043
`
	if string(output) != want {
		t.Errorf("tshark reads\n%swant\n%s", output, want)
	}
}

func FuzzRead(f *testing.F) {
	packet := udp4(f, nodeA, nodeB, get)
	f.Add(pcap(f, uint16(layers.LinkTypeRaw), packet))
	f.Add(pcap(f, uint16(layers.LinkTypeRaw), concatLists(fragments4(packet, 1, 8), fragments6(udp6(f, nodeA6, nodeB6, get), 1, 8))...))
	f.Add(pcap(f, uint16(layers.LinkTypeEthernet), concat(make([]byte, 12), []byte{0x81, 0, 0, 1, 8, 0}, packet)))
	f.Add(pcap(f, 276, concat([]byte{8, 0}, make([]byte, 18), packet)))
	tcp := newConversation(f, nodeA, nodeB)
	tcp.send(0, 5, csm, getTCP)
	tcp.send(1, 50, csm, answerTCP)
	f.Add(pcap(f, uint16(layers.LinkTypeRaw), tcp.packets...))
	web := newConversation(f, nodeA, nodeWeb)
	web.send(0, 1000, []byte(webRequest))
	web.send(1, 1000, []byte(webResponse+"\r\n"), webFrame(0x82, "", answerWeb))
	web.send(0, 10, webFrame(0x02, "abcd", getWeb[:3]), webFrame(0x80, "ijkl", getWeb[3:]))
	f.Add(pcap(f, uint16(layers.LinkTypeRaw), web.packets...))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(concat(section(order), describe(order, 44, option(order, 2, 'a'), option(order, 9, 9), option(order, 14, make([]byte, 8)...)),
			enhanced(order, 0, 1, packet), block(order, 3, order.AppendUint32(nil, uint32(len(packet))), packet)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, stats, err := read(capture.DefaultChoice(), b)
		var damage *capture.DamageError
		if err != nil && !errors.As(err, &damage) {
			t.Fatalf("%T", err)
		}
		if len(got) != stats.Frames {
			t.Fatalf("%d frames, %s", len(got), stats)
		}
		checkSum(t, stats)
		// What was read can be written, and is read again.
		all := capture.Choice{Ports: nil, Guess: false}
		for _, frame := range got {
			all.Ports = append(all.Ports, frame.Source.Port())
		}
		again, _, err := read(all, write(t, got))
		if err != nil || len(again) != len(got) {
			t.Fatalf("%d frames became %d (%v)", len(got), len(again), err)
		}
		for i := range got {
			if !bytes.Equal(again[i].Data, got[i].Data) || again[i].Source.Port() != got[i].Source.Port() || again[i].Destination.Port() != got[i].Destination.Port() {
				t.Fatalf("%v became %v", got[i], again[i])
			}
		}
	})
}
