package capture_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"coapscope/protocol"
	"coapscope/session/capture"
	"coapscope/session/trace"
)

var nodeWeb = netip.MustParseAddrPort("192.0.2.2:8080")

// csm, getTCP and answerTCP are messages on a stream; bigTCP needs several segments.
var (
	csm       = []byte("\x50\xe1\x23\x80\x01\x00\x20")
	getTCP    = []byte("\x81\x01\x01\x72\x3d\x43\x44time")
	answerTCP = []byte("\xd1\x06\x45\x01\xd1\x01\x01\xffNov 22 18:40:40")
	bigTCP    = framed(protocol.StreamFraming, protocol.Message{Code: protocol.Content, Token: protocol.TokenOf([]byte{1}), Payload: bytes.Repeat([]byte("0123456789"), 9000)})
	getWeb    = framed(protocol.WebSocketFraming, protocol.Message{Code: protocol.GET, Token: protocol.TokenOf([]byte{7}), Options: protocol.Options{{Number: protocol.URIPath, Value: []byte("time")}}})
	answerWeb = framed(protocol.WebSocketFraming, protocol.Message{Code: protocol.Content, Token: protocol.TokenOf([]byte{7}), Payload: bytes.Repeat([]byte("x"), 300)})
)

func framed(f protocol.Framing, m protocol.Message) []byte {
	b, err := m.AppendFraming(f, nil)
	if err != nil {
		panic(err)
	}
	return b
}

// tcpPacket is an IP packet with a segment.
func tcpPacket(t testing.TB, source, destination netip.AddrPort, seq, ack uint32, flags string, data []byte) []byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolTCP, SrcIP: source.Addr().AsSlice(), DstIP: destination.Addr().AsSlice()}
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(source.Port()), DstPort: layers.TCPPort(destination.Port()), Seq: seq, Ack: ack, Window: 1000,
		SYN: strings.Contains(flags, "S"), ACK: strings.Contains(flags, "A"), FIN: strings.Contains(flags, "F"), RST: strings.Contains(flags, "R"),
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindNop}},
	}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	return serialize(t, ip, tcp, gopacket.Payload(data))
}

// conversation is a connection that a test builds packet by packet, from a to b.
type conversation struct {
	t       testing.TB
	a, b    netip.AddrPort
	seqs    [2]uint32
	unacked uint32 // bytes that are sent, and not acknowledged yet
	packets [][]byte
}

// newConversation begins near the end of the sequence numbers.
func newConversation(t testing.TB, a, b netip.AddrPort) *conversation {
	c := &conversation{t: t, a: a, b: b, seqs: [2]uint32{0xffff_fff0, 0x7fff_fff8}}
	c.raw(0, c.seqs[0], "S", nil)
	c.raw(1, c.seqs[1], "SA", nil)
	c.seqs[0]++
	c.seqs[1]++
	c.raw(0, c.seqs[0], "A", nil)
	return c
}

func (c *conversation) raw(side int, seq uint32, flags string, data []byte) {
	from, to := c.a, c.b
	if side == 1 {
		from, to = to, from
	}
	c.packets = append(c.packets, tcpPacket(c.t, from, to, seq, c.seqs[1-side]-c.unacked, flags, data))
}

// send sends the data in segments of that size.
func (c *conversation) send(side, size int, data ...[]byte) {
	for part := range slices.Chunk(concat(data...), size) {
		c.raw(side, c.seqs[side], "A", part)
		c.seqs[side] += uint32(len(part))
	}
}

func (c *conversation) frame(side int, transport trace.Transport, data []byte) trace.Frame {
	from, to := c.a, c.b
	if side == 1 {
		from, to = to, from
	}
	f := seen(begin4, "", from, to, data)
	f.Transport = transport
	return f
}

func (c *conversation) read() ([]trace.Frame, capture.Stats) {
	c.t.Helper()
	frames, stats, err := read(capture.DefaultChoice(), pcap(c.t, uint16(layers.LinkTypeRaw), c.packets...))
	if err != nil {
		c.t.Fatal(err)
	}
	checkSum(c.t, stats)
	return frames, stats
}

func wantStats(t *testing.T, stats capture.Stats, want string) {
	t.Helper()
	if stats.String() != want {
		t.Errorf("got stats  %s\nwant stats %s", stats, want)
	}
}

func TestReadTCP(t *testing.T) {
	for _, size := range []int{1, 2, 7, 30, 1000, 60000} {
		c := newConversation(t, nodeA, nodeB)
		c.send(0, size, csm)
		c.send(1, size, csm)
		c.send(0, size, getTCP, getTCP)
		c.send(1, size, answerTCP, bigTCP, answerTCP)
		c.raw(0, c.seqs[0], "FA", nil)
		c.raw(1, c.seqs[1], "RA", nil)
		got, stats := c.read()
		wantFrames(t, got, []trace.Frame{
			c.frame(0, trace.TCP, csm), c.frame(1, trace.TCP, csm), c.frame(0, trace.TCP, getTCP), c.frame(0, trace.TCP, getTCP),
			c.frame(1, trace.TCP, answerTCP), c.frame(1, trace.TCP, bigTCP), c.frame(1, trace.TCP, answerTCP),
		})
		wantStats(t, stats, fmt.Sprintf("7 frames of %d packets, 7 of them from %[1]d segments of TCP", len(c.packets)))
	}
}

// A message has the time of the segment that completed it.
func TestReadTCPTime(t *testing.T) {
	order := binary.LittleEndian
	c := newConversation(t, nodeA, nodeB)
	c.send(0, 4, csm)
	file := concat(section(order), describe(order, 0))
	for i, packet := range c.packets {
		file = append(file, enhanced(order, 0, uint64(1_000_000*i), packet)...) // a second each
	}
	got, _, err := read(capture.DefaultChoice(), file)
	if err != nil || len(got) != 1 || !got[0].Time.Equal(time.Unix(int64(len(c.packets)-1), 0)) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Whatever happens to the segments short of losing one, the messages are the same.
func TestReadTCPDisorder(t *testing.T) {
	r := rand.New(rand.NewPCG(8323, 3))
	for range 200 {
		c := newConversation(t, nodeA, nodeB)
		handshake := len(c.packets)
		var want []trace.Frame
		var stream []byte
		for range 1 + r.IntN(6) {
			m := [][]byte{csm, getTCP, answerTCP}[r.IntN(3)]
			stream = append(stream, m...)
			want = append(want, c.frame(0, trace.TCP, m))
		}
		for at := 0; at < len(stream); {
			size := min(1+r.IntN(12), len(stream)-at)
			from := max(0, at-r.IntN(5)) // overlaps what was sent before
			c.raw(0, c.seqs[0]+uint32(from), "A", stream[from:at+size])
			if r.IntN(3) == 0 {
				c.raw(0, c.seqs[0]+uint32(from), "A", stream[from:at+size])
			}
			at += size
		}
		r.Shuffle(len(c.packets)-handshake, func(i, j int) {
			c.packets[handshake+i], c.packets[handshake+j] = c.packets[handshake+j], c.packets[handshake+i]
		})
		got, stats := c.read()
		wantFrames(t, got, want)
		if stats.Segments != len(c.packets) || stats.Cut != 0 {
			t.Fatalf("stats: %s", stats)
		}
	}
}

// Of bytes that overlap the first to come count.
func TestReadTCPOverlapWithOtherBytes(t *testing.T) {
	c := newConversation(t, nodeA, nodeB)
	c.raw(0, c.seqs[0], "A", getTCP[:6])
	c.raw(0, c.seqs[0]+2, "A", concat([]byte("XXXX"), getTCP[6:]))
	got, _ := c.read()
	wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, getTCP)})
}

func TestReadTCPGap(t *testing.T) {
	c := newConversation(t, nodeA, nodeB)
	c.send(0, 100, csm)
	c.seqs[0] += 50
	c.send(0, 100, getTCP) // waits for what is missing until the end
	c.unacked = 1
	c.send(1, 100, csm)
	got, stats := c.read()
	wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, csm), c.frame(1, trace.TCP, csm)})
	wantStats(t, stats, "2 frames of 6 packets, 2 of them from 5 segments of TCP; skipped: 1 behind a gap in TCP")

	// What is acknowledged came to the recipient, and does not come any more.
	c = newConversation(t, nodeA, nodeB)
	c.send(0, 100, csm)
	c.send(0, 8, getTCP)
	c.packets = c.packets[:len(c.packets)-1] // the end of a message
	c.send(0, 100, getTCP)
	c.send(0, 100, answerTCP)
	c.unacked = uint32(len(answerTCP))
	c.send(1, 100, csm)
	c.unacked = 0
	c.seqs[0] += 50
	c.send(0, 100, getTCP, getTCP)
	c.raw(1, c.seqs[1], "A", nil)
	got, stats = c.read()
	wantFrames(t, got, []trace.Frame{
		c.frame(0, trace.TCP, csm), c.frame(0, trace.TCP, getTCP), c.frame(0, trace.TCP, answerTCP), c.frame(1, trace.TCP, csm),
		c.frame(0, trace.TCP, getTCP), c.frame(0, trace.TCP, getTCP),
	})
	wantStats(t, stats, "6 frames of 10 packets, 6 of them from 10 segments of TCP, 1 more without their end")

	// After many segments the gap is given up, and a segment that messages begin and end with is read again.
	c = newConversation(t, nodeA, nodeB)
	c.send(0, 3, csm)
	c.packets = c.packets[:len(c.packets)-1]
	for range 256 {
		c.send(0, 8, getTCP[3:], getTCP[:3]) // of which none is
	}
	c.send(0, 8, getTCP[3:])
	c.send(0, 100, getTCP, getTCP)
	got, stats = c.read()
	wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, getTCP), c.frame(0, trace.TCP, getTCP)})
	if stats.Skipped(capture.SkipGap) != 256*2+1 || stats.Cut != 1 {
		t.Errorf("stats: %s", stats)
	}
}

func TestReadTCPFromTheMiddle(t *testing.T) {
	c := newConversation(t, nodeA, nodeB)
	c.packets = nil
	c.send(0, 100, getTCP[5:])
	c.send(0, 100, getTCP)
	c.send(1, 20000, bigTCP[70000:], answerTCP)
	c.send(1, 100, answerTCP)
	got, stats := c.read()
	wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, getTCP), c.frame(1, trace.TCP, answerTCP)})
	wantStats(t, stats, "2 frames of 5 packets, 2 of them from 2 segments of TCP; skipped: 3 behind a gap in TCP")
}

func TestReadTCPChoice(t *testing.T) {
	other := netip.MustParseAddrPort("192.0.2.2:7777")
	c := newConversation(t, nodeA, other)
	c.send(0, 3, csm, getTCP)
	c.send(1, 100, csm, answerTCP)
	got, stats := c.read()
	if len(got) != 4 || stats.Guessed != 4 {
		t.Errorf("a CSM on another port: %s", stats)
	}
	c = newConversation(t, nodeA, other)
	c.send(0, 100, getTCP, csm)
	c.send(1, 100, csm)
	_, stats = c.read()
	wantStats(t, stats, "0 frames of 5 packets; skipped: 5 another port")
	got, _, err := read(capture.Choice{Ports: []uint16{7777}}, pcap(t, uint16(layers.LinkTypeRaw), c.packets...))
	if err != nil || len(got) != 3 {
		t.Errorf("a port that was chosen: %d frames, %v", len(got), err)
	}
	c = newConversation(t, nodeA, other)
	_, stats = c.read() // says nothing
	wantStats(t, stats, "0 frames of 3 packets; skipped: 3 another port")
	c = newConversation(t, nodeA, netip.MustParseAddrPort("192.0.2.2:5684"))
	c.send(0, 100, []byte("\x16\x03\x01\x00\x05hello"))
	_, stats = c.read()
	wantStats(t, stats, "0 frames of 4 packets; skipped: 4 encrypted (DTLS, TLS)")
}

// Token length 15 makes the rest of a stream unreadable (RFC 8974 §2.1), and so does a length that nobody sends.
func TestReadTCPUnreadable(t *testing.T) {
	for _, bad := range []string{"\x0f\x01", "\xf0\xff\xff\xff\xff\x45"} {
		c := newConversation(t, nodeA, nodeB)
		c.send(0, 100, csm)
		c.send(0, 100, []byte(bad))
		c.send(0, 100, getTCP)
		c.send(1, 100, csm)
		got, stats := c.read()
		wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, csm), c.frame(1, trace.TCP, csm)})
		wantStats(t, stats, "2 frames of 7 packets, 2 of them from 5 segments of TCP; skipped: 2 unreadable TCP")
	}
}

func TestReadTCPPortsUsedAgain(t *testing.T) {
	c := newConversation(t, nodeA, nodeB)
	c.send(0, 100, csm, getTCP[:4])
	again := newConversation(t, nodeA, nodeB)
	again.seqs = [2]uint32{1000, 2000}
	again.packets = nil
	again.raw(0, 999, "S", nil)
	again.raw(0, 999, "S", nil)
	again.raw(1, 1999, "SA", nil)
	again.send(0, 100, csm)
	again.send(1, 100, csm)
	c.packets = append(c.packets, again.packets...)
	got, stats := c.read()
	wantFrames(t, got, []trace.Frame{c.frame(0, trace.TCP, csm), c.frame(0, trace.TCP, csm), c.frame(1, trace.TCP, csm)})
	wantStats(t, stats, "3 frames of 9 packets, 3 of them from 9 segments of TCP, 1 more without their end")
}

// So many connections at once that the first are forgotten.
func TestReadTCPManyConnections(t *testing.T) {
	c := newConversation(t, nodeA, nodeB)
	c.send(0, 100, getTCP[:5])
	for i := range 5000 {
		c.a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 40000)
		c.raw(0, 1, "S", nil)
		c.raw(0, 2, "A", csm)
	}
	got, stats := c.read()
	if len(got) != 5000 || stats.Cut != 1 {
		t.Errorf("stats: %s", stats)
	}
}

// webFrame is a frame of a WebSocket, masked with the key unless that is empty.
func webFrame(head byte, key string, payload []byte) []byte {
	b := []byte{head}
	mask := byte(0)
	if key != "" {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = append(b, mask|126, byte(n>>8), byte(n))
	default:
		b = append(b, mask|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	b = append(b, key...)
	for i, c := range payload {
		if key != "" {
			c ^= key[i%4]
		}
		b = append(b, c)
	}
	return b
}

const (
	webRequest  = "GET /.well-known/coap HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nsec-websocket-protocol: chat, coap\r\n\r\n"
	webResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: coap\r\n"
)

func TestReadWebSocket(t *testing.T) {
	big := framed(protocol.WebSocketFraming, protocol.Message{Code: protocol.Content, Payload: bytes.Repeat([]byte("y"), 70_000)})
	for _, size := range []int{1, 5, 100, 40000} {
		c := newConversation(t, nodeA, nodeWeb)
		c.send(0, size, []byte(webRequest))
		c.send(1, size, []byte(webResponse+"\r\n"), webFrame(0x82, "", answerWeb))
		c.send(0, size,
			webFrame(0x82, "\x01\x02\x03\x04", getWeb),
			webFrame(0x02, "abcd", getWeb[:3]), webFrame(0x89, "efgh", []byte("ping")), webFrame(0x80, "ijkl", getWeb[3:]),
			webFrame(0x81, "mnop", []byte("text")), webFrame(0x88, "qrst", nil))
		c.send(1, size, webFrame(0x8a, "", []byte("ping")), webFrame(0x82, "", big))
		got, stats := c.read()
		wantFrames(t, got, []trace.Frame{
			c.frame(1, trace.WebSocket, answerWeb), c.frame(0, trace.WebSocket, getWeb), c.frame(0, trace.WebSocket, getWeb), c.frame(1, trace.WebSocket, big),
		})
		if stats.Segments != len(c.packets) || stats.Guessed != 0 {
			t.Errorf("stats: %s", stats)
		}
	}
}

func TestReadWebSocketRefused(t *testing.T) {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, 9)
	_, _ = w.Write(getWeb)
	_ = w.Close()
	for name, test := range map[string]struct {
		request, response string
		frame             []byte
		want              string
	}{
		"compressed": {
			webRequest, webResponse + "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n", webFrame(0xc2, "abcd", packed.Bytes()),
			"0 frames of 6 packets, 0 of them from 4 segments of TCP; skipped: 2 compressed WebSocket",
		},
		"another protocol": {
			strings.ReplaceAll(webRequest, ", coap", ""), webResponse + "\r\n", webFrame(0x82, "abcd", getWeb), "0 frames of 6 packets; skipped: 6 another port",
		},
		"refused by the server": {
			webRequest, "HTTP/1.1 404 Not Found\r\n\r\n", webFrame(0x82, "abcd", getWeb), "0 frames of 6 packets, 0 of them from 4 segments of TCP; skipped: 2 another port",
		},
		"reserved bits": {
			webRequest, webResponse + "\r\n", webFrame(0xa2, "abcd", getWeb), "0 frames of 6 packets, 0 of them from 5 segments of TCP; skipped: 1 unreadable TCP",
		},
		"continues nothing": {
			webRequest, webResponse + "\r\n", webFrame(0x80, "abcd", getWeb), "0 frames of 6 packets, 0 of them from 5 segments of TCP; skipped: 1 unreadable TCP",
		},
		"not whole": {
			webRequest, webResponse + "\r\n", webFrame(0x82, "abcd", getWeb)[:8], "0 frames of 6 packets, 0 of them from 6 segments of TCP, 1 more without their end",
		},
	} {
		c := newConversation(t, nodeA, nodeWeb)
		c.send(0, 1000, []byte(test.request))
		c.send(1, 1000, []byte(test.response))
		c.send(0, 1000, test.frame)
		_, stats := c.read()
		if stats.String() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, stats, test.want)
		}
	}
}

func TestRoundTripOfStreams(t *testing.T) {
	frames := []trace.Frame{
		seen(0, "lo", nodeA, nodeB, csm), seen(1, "lo", nodeB, nodeA, csm), seen(2, "lo", nodeA, nodeWeb, getWeb),
		seen(3, "", nodeB6, nodeA6, answerTCP), seen(4, "", nodeWeb, nodeA, answerWeb), seen(5, "lo", nodeB, nodeA, bigTCP),
		seen(6, "", nodeA, nodeB, get), seen(7, "lo", nodeA, nodeB, getTCP),
	}
	for i, transport := range []trace.Transport{trace.TCP, trace.TCP, trace.WebSocket, trace.TCP, trace.WebSocket, trace.TCP, trace.UDP, trace.TCP} {
		frames[i].Transport = transport
	}
	got, stats, err := read(capture.DefaultChoice(), write(t, frames))
	if err != nil {
		t.Fatal(err)
	}
	wantFrames(t, got, frames)
	checkSum(t, stats)
	wantStats(t, stats, "8 frames of 20 packets, 7 of them from 19 segments of TCP")
}

// sentBy gives what is on the wire: the port of the sender, the code and the token of each message.
func sentBy(t *testing.T, frames []trace.Frame) (list []string) {
	t.Helper()
	for _, f := range frames {
		var m protocol.Message
		if err := m.ParseFraming(f.Transport.Framing(), f.Data); err != nil {
			t.Errorf("%x: %v", f.Data, err)
		}
		list = append(list, fmt.Sprintf("%d %d %s", f.Source.Port(), m.Code, m.Token))
	}
	return list
}

// tsharkSentBy gives the same by tshark. Messages of one packet stand in one line, separated by commas.
func tsharkSentBy(t *testing.T, path string) (list []string) {
	t.Helper()
	output, err := exec.Command(tool(t, "tshark"), "-n", "-r", path, "-Y", "coap", "-T", "fields", "-E", "separator=|",
		"-e", "tcp.srcport", "-e", "udp.srcport", "-e", "coap.code", "-e", "coap.token").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(output)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "|")
		tokens := strings.Split(fields[3], ",")
		for _, code := range strings.Split(fields[2], ",") {
			token := ""
			if code != "225" { // a CSM has none
				token, tokens = tokens[0], append(tokens[1:], "")
			}
			list = append(list, fmt.Sprintf("%s%s %s %s", fields[0], fields[1], code, token))
		}
	}
	return list
}

// What libcoap 4.3.4 said to itself over TCP, WebSockets and UDP.
func TestReadLibcoapStreams(t *testing.T) {
	const path = "testdata/libcoap-streams.pcap"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, stats, err := read(capture.DefaultChoice(), b)
	if err != nil {
		t.Fatal(err)
	}
	wantStats(t, stats, "22 frames of 85 packets, 20 of them from 83 segments of TCP")
	var transports []string
	for _, f := range got {
		transports = append(transports, f.Transport.String())
	}
	if counts := strings.Join(slices.Compact(transports), " "); counts != "TCP WebSocket UDP" {
		t.Errorf("transports are %s", counts)
	}
	ours := sentBy(t, got)
	if theirs := tsharkSentBy(t, path); !slices.Equal(ours, theirs) {
		t.Errorf("read    %q\ntshark: %q", ours, theirs)
	}

	// Written again, tshark and Read see the same.
	again := filepath.Join(t.TempDir(), "again.pcapng")
	if err := os.WriteFile(again, write(t, got), 0o600); err != nil {
		t.Fatal(err)
	}
	if theirs := tsharkSentBy(t, again); !slices.Equal(ours, theirs) {
		t.Errorf("wrote   %q\ntshark: %q", ours, theirs)
	}
	reread, _, err := read(capture.DefaultChoice(), write(t, got))
	if err != nil {
		t.Fatal(err)
	}
	wantFrames(t, reread, got)
	output, err := exec.Command(tool(t, "tshark"), "-n", "-r", again, "-o", "tcp.check_checksum:TRUE", "-T", "fields",
		"-Y", "tcp.checksum.status != 1 or tcp.analysis.flags", "-e", "frame.number", "-e", "_ws.expert.message").Output()
	if err != nil || len(output) > 0 {
		t.Errorf("tshark finds %s, %v", output, err)
	}
}
