package exchange

import "coapscope/protocol"

// unrecognized finds the first critical option of a response that a client must not accept: one
// that is not registered, not for responses (RFC 7252 §5.4), of illegal length (§5.4.3) or
// repeated where it must not be (§5.4.5). All of them count as not recognised (§5.4.1).
func unrecognized(m *protocol.Message) *CriticalOptionError {
	for i := range m.Options {
		o := &m.Options[i]
		if !o.Number.Critical() {
			continue
		}
		problem := ""
		row := o.Number.Lookup(m.Code)
		switch {
		case row == nil:
			problem = "is not known"
		case row.In&protocol.InResponse == 0:
			problem = "has no meaning in a response"
		case len(o.Value) < row.MinLen || len(o.Value) > row.MaxLen:
			problem = "has a value of illegal length"
		case i > 0 && m.Options[i-1].Number == o.Number && row.Repeatable&protocol.InResponse == 0:
			problem = "occurs more than once"
		default:
			continue
		}
		return &CriticalOptionError{Option: o.Number, Problem: problem}
	}
	return nil
}
