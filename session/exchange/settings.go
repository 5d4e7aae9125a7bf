package exchange

import (
	"net/netip"
	"time"

	"coapscope/protocol"
)

// settings are those of one endpoint, where they differ from those for all.
type settings struct {
	transmission *protocol.Transmission // nil for what is set for all; what it points to never changes
	identifiers  *Identifiers
}

// SetTransmission changes the transmission parameters for what is sent and received from now on,
// with all endpoints that have none of their own; what is on its way keeps its plan. The next
// Handle, which may be at once, sends what a higher NSTART or PROBING_RATE lets go. A PROBING_RATE
// of 0 or less is no limit.
func (m *Machine) SetTransmission(t protocol.Transmission) {
	m.transmission = inRange(t)
	m.retuned = true
}

// SetTransmissionOf does that for one endpoint; nil stands for what is set for all.
func (m *Machine) SetTransmissionOf(to netip.AddrPort, t *protocol.Transmission) {
	m.configure(to, func(s *settings) {
		s.transmission = nil
		if t != nil {
			s.transmission = inRange(*t)
		}
	})
}

// Transmission gives the parameters that are used with an endpoint.
func (m *Machine) Transmission(to netip.AddrPort) protocol.Transmission {
	if s := m.settings[endpoint(to)]; s != nil && s.transmission != nil {
		return *s.transmission
	}
	return *m.transmission
}

// configure changes the settings of an endpoint.
func (m *Machine) configure(to netip.AddrPort, change func(*settings)) {
	to = endpoint(to)
	var s settings
	if old := m.settings[to]; old != nil {
		s = *old
	}
	change(&s)
	own := &s
	if s == (settings{}) {
		own = nil
		delete(m.settings, to)
	} else {
		m.settings[to] = own
	}
	if p := m.peers[to]; p != nil {
		p.settings = own
	}
	m.retuned = true
}

// inRange moves parameters that no machine can go by into their range.
func inRange(t protocol.Transmission) *protocol.Transmission {
	d := protocol.DefaultTransmission()
	if t == (protocol.Transmission{}) {
		return &d
	}
	if t.AckTimeout <= 0 {
		t.AckTimeout = d.AckTimeout
	}
	t.AckTimeout = min(t.AckTimeout, time.Hour) // so that nothing overflows
	if !(t.AckRandomFactor >= 1) {
		t.AckRandomFactor = 1
	}
	t.AckRandomFactor = min(t.AckRandomFactor, 10)
	t.MaxRetransmit = min(max(t.MaxRetransmit, 0), 16)
	t.NStart = max(t.NStart, 1)
	t.DefaultLeisure = min(max(t.DefaultLeisure, 0), 24*time.Hour)
	t.MaxLatency = min(max(t.MaxLatency, 0), 24*time.Hour)
	return &t
}

// transmissionWith gives the parameters for an endpoint.
func (m *Machine) transmissionWith(p *peer) *protocol.Transmission {
	if p.settings != nil && p.settings.transmission != nil {
		return p.settings.transmission
	}
	return m.transmission
}

// transmissionOf gives those for an exchange: its own, its endpoint's, or those for all.
func (m *Machine) transmissionOf(e *exchange) *protocol.Transmission {
	if e.transmission != nil {
		return e.transmission
	}
	return m.transmissionWith(e.peer)
}

func (m *Machine) identifiersOf(e *exchange) *Identifiers {
	switch s := e.peer.settings; {
	case e.identifiers != nil:
		return e.identifiers
	case s != nil && s.identifiers != nil:
		return s.identifiers
	}
	return &m.identifiers
}
