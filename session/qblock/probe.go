package qblock

import "coapscope/protocol"

// sendProbe asks for something that nearly all have and that is larger than 16 bytes, by CON: a peer that
// does not know the option has to refuse that (RFC 9177 §4.1).
func (t *Transfer) sendProbe(out []Output) []Output {
	m := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET}
	// A proxy is asked what it does itself: the options are Unsafe, so it matters what the next hop does.
	if proxied := t.request.Options.Has(protocol.ProxyURI) || t.request.Options.Has(protocol.ProxyScheme); !proxied {
		for _, o := range t.request.Options {
			if o.Number == protocol.URIHost || o.Number == protocol.URIPort {
				m.Options = m.Options.Add(o.Number, o.Value)
			}
		}
	}
	m.Options = m.Options.Add(protocol.URIPath, []byte(".well-known")).Add(protocol.URIPath, []byte("core"))
	m.Options = m.Options.Add(protocol.QBlock2, protocol.Block{}.Value())
	return t.transmit(m, message{kind: kindProbe}, out)
}

// probed takes the answer to the probe.
func (t *Transfer) probed(r Response, out []Output) []Output {
	m := r.Message
	switch {
	case m.Code == protocol.BadOption:
		return t.refused(m.Code, out)
	case m.Options.Has(protocol.Block2) || len(m.Payload) > 16 && m.Code.Class() == 2 && !m.Options.Has(protocol.QBlock2):
		return t.fallBack(&Error{
			Reason: Unsupported, Option: protocol.QBlock2, Expected: "Q-Block2 in the answer to a request with it", Actual: "a response that does not heed it",
			Section: "RFC 9177 §4.1", Code: m.Code,
		}, nil, out)
	}
	t.supported = m.Options.Has(protocol.QBlock2)
	t.presumed = !t.supported
	return t.begin(t.release(r.To, out))
}

func (t *Transfer) refused(code protocol.Code, out []Output) []Output {
	return t.fallBack(&Error{Reason: Unsupported, Actual: "the peer refuses the option", Section: "RFC 9177 §4.1", Code: code}, nil, out)
}
