package capture

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// packedKey names a connection: client and server, and what it carries.
type packedKey struct {
	client, server netip.AddrPort
	transport      trace.Transport
}

// packed is how far the sequence numbers of a written connection are, of client and server.
type packed struct{ next [2]uint32 }

// maxPacked bounds what is remembered of connections. One that was forgotten begins anew.
const maxPacked = 1 << 16

// maxSegment is the most data in a segment that is written, so that it fits an IP packet.
const maxSegment = 65_000

// window is the window of a segment: as much as there is.
const window = 0xffff

// stream adds the segments with the frame's message, behind a handshake if they are the first of their connection.
func (p *packer) stream(frame *trace.Frame, from, to netip.AddrPort) {
	key := packedKey{from, to, frame.Transport}
	side := 0
	if isServer(from, to) {
		key.client, key.server, side = to, from, 1
	}
	c := p.connections[key]
	if c == nil {
		if p.connections == nil || len(p.connections) == maxPacked {
			p.connections = map[packedKey]*packed{}
		}
		c = &packed{}
		p.connections[key] = c
		p.begin(c, &key)
	}
	data := frame.Data
	if frame.Transport == trace.WebSocket {
		data = slices.Concat(socketHeader(len(data), side == 0), data)
	}
	p.segments(c, &key, side, data)
}

// isServer tells whether it is the server that sent: who has a port of CoAP or else the smaller one.
func isServer(from, to netip.AddrPort) bool {
	if here, there := from.Port() == protocol.Port, to.Port() == protocol.Port; here != there {
		return here
	}
	return from.Port() < to.Port()
}

// begin adds the handshake of TCP (RFC 9293 §3.5), and that of a WebSocket (RFC 8323 §4.1).
func (p *packer) begin(c *packed, key *packedKey) {
	p.segment(c, key, 0, flagSYN, nil)
	c.next[0]++
	p.segment(c, key, 1, flagSYN|flagACK, nil)
	c.next[1]++
	p.segment(c, key, 0, flagACK, nil)
	if key.transport != trace.WebSocket {
		return
	}
	const nonce = "Y29hcHNjb3BlIHdyaXRlcw==" // any 16 bytes will do
	sum := sha1.Sum([]byte(nonce + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	p.segments(c, key, 0, fmt.Appendf(nil, "GET /.well-known/coap HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: coap\r\nSec-WebSocket-Version: 13\r\n\r\n", key.server, nonce))
	p.segments(c, key, 1, fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: coap\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:])))
}

// segments adds data in as many segments as it takes.
func (p *packer) segments(c *packed, key *packedKey, side int, data []byte) {
	for part := range slices.Chunk(data, maxSegment) {
		p.segment(c, key, side, flagPSH|flagACK, part)
		c.next[side] += uint32(len(part))
	}
}

func (p *packer) segment(c *packed, key *packedKey, side int, flags byte, data []byte) {
	from, to := key.client, key.server
	if side == 1 {
		from, to = to, from
	}
	header := make([]byte, 0, tcpHeader)
	header = binary.BigEndian.AppendUint16(header, from.Port())
	header = binary.BigEndian.AppendUint16(header, to.Port())
	header = binary.BigEndian.AppendUint32(header, c.next[side])
	acknowledged := uint32(0)
	if flags&flagACK != 0 {
		acknowledged = c.next[1-side]
	}
	header = binary.BigEndian.AppendUint32(header, acknowledged)
	header = append(header, tcpHeader/4<<4, flags)
	header = binary.BigEndian.AppendUint16(header, window)
	header = append(header, 0, 0, 0, 0)
	p.packet(protocolTCP, from.Addr(), to.Addr(), header, 16, data)
}

// socketHeader is the header of a frame with a whole binary message (RFC 6455 §5.2). A client has to mask; with a
// mask of zeros the message can be seen in the packet.
func socketHeader(length int, client bool) []byte {
	b := []byte{0x80 | opBinary}
	mask := byte(0)
	if client {
		mask = 0x80
	}
	switch {
	case length < 126:
		b = append(b, mask|byte(length))
	case length <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(length))
	}
	if client {
		b = append(b, 0, 0, 0, 0)
	}
	return b
}
