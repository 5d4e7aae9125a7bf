package session

import (
	"bytes"
	"net/netip"
	"sync"

	"coapscope/protocol"
)

// EchoPolicy says what is done with Echo options of responses (RFC 9175 §2.3).
type EchoPolicy uint8

const (
	// EchoAutomatic makes the same request once more with the Echo value of a 4.01; a second 4.01 is the
	// response. In a block-wise transfer that goes for each message, and the messages after it have the
	// value too. The Echo value of any other response goes along with the next message to its endpoint.
	EchoAutomatic EchoPolicy = iota
	// EchoByHand leaves the option to the caller: nothing is added, and a 4.01 is the response.
	EchoByHand
)

// maxEchoes bounds for how many endpoints Echo values are kept.
const maxEchoes = 1024

// echoes keeps the newest Echo value of each endpoint until it is sent. It goes to no other endpoint, and
// along with one message only: who sends it on and on can be followed by it (RFC 9175 §6).
type echoes struct {
	mu     sync.Mutex
	values map[netip.AddrPort][]byte
}

// put keeps a value that came from the endpoint.
func (s *echoes) put(from netip.AddrPort, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = make(map[netip.AddrPort][]byte)
	}
	if len(s.values) >= maxEchoes {
		for other := range s.values { // a value may be discarded at any time
			delete(s.values, other)
			break
		}
	}
	s.values[from] = bytes.Clone(value)
}

// take gives the value for the endpoint, and forgets it; nil for none.
func (s *echoes) take(to netip.AddrPort) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := s.values[to]
	if value != nil {
		delete(s.values, to)
	}
	return value
}

// echoOf gives the Echo value of a response. One of illegal length is as if it were not there, as of any
// elective option (RFC 7252 §5.4.3).
func echoOf(response *protocol.Message) ([]byte, bool) {
	value, ok := response.Options.First(protocol.Echo)
	return value, ok && len(value) >= 1 && len(value) <= 40
}
