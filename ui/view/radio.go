package view

import (
	"fmt"

	"coapscope/protocol"
)

// Radio is what is assumed of the way of a datagram by IPv6 over IEEE 802.15.4 (RFC 4944), its headers compressed by
// RFC 6282. Besides what can be chosen it assumes what is usual: both ends are in one PAN, of which the frame has one
// identifier; traffic class and flow label are 0, the hop limit is 1, 64 or 255; the UDP checksum is carried; the
// port of this side is any.
type Radio struct {
	Short     bool          // link-layer addresses of 16 bits, not of 64
	Security  RadioSecurity // of the link layer
	Addresses RadioAddresses
	Port      uint16 // of the device
	DTLS      bool   // the datagram is in a record of DTLS
}

// RadioSecurity is how frames are protected at the link layer.
type RadioSecurity uint8

const (
	CCM32 RadioSecurity = iota // encrypted, with a message integrity code of 4 bytes
	CCM64
	CCM128
	NoRadioSecurity

	radioSecurities
)

var radioSecurityNames = [radioSecurities]string{"AES-CCM-32", "AES-CCM-64", "AES-CCM-128", "no link security"}

// String gives the name as RFC 4944 §4 has it.
func (s RadioSecurity) String() string { return radioSecurityNames[min(s, radioSecurities-1)] }

// Bytes is what it takes of a frame (RFC 4944 §4): an auxiliary header of 5 bytes and the code.
func (s RadioSecurity) Bytes() int {
	return [radioSecurities]int{9, 13, 21, 0}[min(s, radioSecurities-1)]
}

// RadioAddresses is what of the two IPv6 addresses is in a frame (RFC 6282 §3.1.1).
type RadioAddresses uint8

const (
	// Neighbours have link-local addresses, or a prefix that both have as context 0, and interface identifiers that
	// follow from the addresses of the link layer: nothing is carried.
	Neighbours RadioAddresses = iota
	// Outside is where this side is beyond a border router: its address is carried, 16 bytes; that of the device
	// has the prefix of context 0 and an identifier that follows from its link layer.
	Outside
	// InFull is without a context: both addresses are carried.
	InFull

	radioAddresses
)

var radioAddressNames = [radioAddresses]string{
	"addresses from the link layer", "one address in full: this side is behind a border router", "both addresses in full",
}

// String says it in words.
func (a RadioAddresses) String() string { return radioAddressNames[min(a, radioAddresses-1)] }

// Bytes is what is carried of both addresses.
func (a RadioAddresses) Bytes() int { return [radioAddresses]int{0, 16, 32}[min(a, radioAddresses-1)] }

const (
	phyFrame      = 127 // aMaxPHYPacketSize of IEEE 802.15.4
	iphcBytes     = 2   // dispatch and encoding (RFC 6282 §3.1)
	ipAndUDP      = 48  // both headers uncompressed, of which offsets of fragments count
	firstFragment = 4   // header of FRAG1 (RFC 4944 §5.3)
	nextFragment  = 5   // header of FRAGN
	dtlsBytes     = 13 + 8 + 8
)

// RadioTo gives the assumptions for a device: neighbours where its address is link-local, or not one of IPv6, and
// this side outside where it is.
func (r Radio) RadioTo(to protocol.URI) Radio {
	r.Port = to.Port
	if addr, ok := to.Addr(); ok && r.Addresses == Neighbours && addr.Is6() && !addr.IsLinkLocalUnicast() && !addr.IsLoopback() {
		r.Addresses = Outside
	}
	return r
}

// MAC is what the link layer takes of a frame: frame control, sequence number, PAN identifier, both addresses,
// security and check sequence.
func (r Radio) MAC() int {
	address := 8
	if r.Short {
		address = 2
	}
	return 2 + 1 + 2 + 2*address + r.Security.Bytes() + 2
}

// udp is the compressed header of UDP (RFC 6282 §4.3): encoding, ports, checksum. A port from 61440 to 61695 takes
// one byte.
func (r Radio) udp() int {
	if r.Port>>8 == 0xf0 {
		return 1 + 3 + 2
	}
	return 1 + 4 + 2
}

// Headers is the compressed headers of IPv6 and UDP.
func (r Radio) Headers() int { return iphcBytes + r.Addresses.Bytes() + r.udp() }

// Room is the largest datagram that goes in so many frames.
func (r Radio) Room(frames int) int {
	room, dtls := phyFrame-r.MAC(), 0
	if r.DTLS {
		dtls = dtlsBytes
	}
	if frames <= 1 {
		return room - r.Headers() - dtls
	}
	return r.first() + (frames-2)*r.next() + room - nextFragment - dtls
}

// first and next are what fragments that others follow carry of the datagram: their offsets count units of 8 bytes,
// of the headers as they are uncompressed (RFC 4944 §5.3, RFC 6282 §2).
func (r Radio) first() int {
	return (ipAndUDP+phyFrame-r.MAC()-firstFragment-r.Headers())/8*8 - ipAndUDP
}
func (r Radio) next() int { return (phyFrame - r.MAC() - nextFragment) / 8 * 8 }

// RadioFrames is how a datagram goes over the air.
type RadioFrames struct {
	Count int
	Left  int // bytes by which the datagram may grow without another frame
	Over  int // bytes by which it is too large for one frame less; 0 for one frame
}

// Frames gives how a datagram of so many bytes goes.
func (r Radio) Frames(datagram int) RadioFrames {
	n := 1
	if over := datagram - r.Room(2); over > 0 {
		n = 2 + (over+r.next()-1)/r.next()
	} else if datagram > r.Room(1) {
		n = 2
	}
	f := RadioFrames{Count: n, Left: r.Room(n) - datagram}
	if n > 1 {
		f.Over = datagram - r.Room(n-1)
	}
	return f
}

// Assumptions says what is assumed, line by line.
func (r Radio) Assumptions() []string {
	size := "64"
	if r.Short {
		size = "16"
	}
	lines := []string{
		fmt.Sprintf("802.15.4 frames of %d bytes, %d of them for addresses of %s bits, %s and check sequence (RFC 4944 §4)", phyFrame, r.MAC(), size, r.Security),
		fmt.Sprintf("IPv6 in %d bytes: %s (RFC 6282 §3.1)", iphcBytes+r.Addresses.Bytes(), r.Addresses),
		fmt.Sprintf("UDP in %d bytes: both ports, checksum (RFC 6282 §4.3)", r.udp()),
	}
	if r.DTLS {
		lines = append(lines, "DTLS in 29 bytes: record 13, nonce 8, tag 8 (AES_128_CCM_8, RFC 6655 §3)")
	}
	return lines
}
