package draft

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session"
	"coapscope/session/exchange"
)

// tokenHelp says what a token may be written as.
const tokenHelp = "write hex digits, \"empty\", \"random 8\" or \"sequential 8\" with a number of bytes, or nothing"

// apply has the request be sent as the settings say. problem is told what is wrong with them.
func (s *Settings) apply(r *session.Request, problem func(Field, error)) {
	if err := s.token(r); err != nil {
		problem(TokenField, err)
	}
	if err := s.messageID(r); err != nil {
		problem(MessageIDField, err)
	}
	r.ReuseMessageID = s.ReuseMessageID
	s.transmission(r, problem)
	var err error
	if r.Timeout, err = parseTime(s.Timeout, time.Millisecond, 24*time.Hour); err != nil {
		problem(TimeoutField, err)
	}
	r.BlockSize, r.ResponseBlockSize, r.AskSize, r.Plain, r.QBlock = s.BlockSize, s.ResponseBlockSize, s.AskSize, s.Plain, s.QBlock
	if s.RequestTag != "" {
		r.RequestTag, err = payload.ParseHex(strings.TrimPrefix(s.RequestTag, "0x"))
		if err == nil && len(r.RequestTag) > 8 {
			err = fmt.Errorf("a Request-Tag has 0 to 8 bytes, this has %d (RFC 9175 §3.2.1)", len(r.RequestTag))
		}
		if err != nil {
			problem(RequestTagField, err)
		}
	}
	if s.EchoByHand {
		r.Echo = session.EchoByHand
	}
	switch s.Cache {
	case "":
	case "revalidate":
		r.Cache = session.Revalidate
	case "fresh":
		r.Cache = session.UseFresh
	default:
		problem(CacheField, fmt.Errorf("%q is neither \"revalidate\" nor \"fresh\"", s.Cache))
	}
	if s.Again != "" {
		if r.Again, err = parseCount(s.Again, 0, 100); err != nil {
			problem(AgainField, err)
		}
	}
	r.Impatient = s.Impatient
}

func (s *Settings) identifiers(r *session.Request) *exchange.Identifiers {
	if r.Identifiers == nil {
		r.Identifiers = new(exchange.Identifiers)
	}
	return r.Identifiers
}

func (s *Settings) token(r *session.Request) error {
	text := strings.ToLower(strings.TrimSpace(s.Token))
	kind, count, _ := strings.Cut(text, " ")
	switch kind {
	case "":
		return nil
	case "empty":
		r.FixedToken = true
		return nil
	case "random", "sequential":
		i := s.identifiers(r)
		if kind == "sequential" {
			i.Tokens = exchange.SequentialTokens
		}
		if count != "" {
			n, err := parseCount(count, 1, protocol.MaxTokenLength)
			if err != nil {
				return fmt.Errorf("bytes of the token: %w", err)
			}
			i.TokenLength = n
		}
		return nil
	}
	b, err := payload.ParseHex(strings.TrimPrefix(text, "0x"))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s", err, tokenHelp)
	case len(b) > protocol.MaxTokenLength:
		return fmt.Errorf("a token has at most %d bytes, this has %d (RFC 8974 §2.1)", protocol.MaxTokenLength, len(b))
	}
	r.Message.Token, r.FixedToken = protocol.TokenOf(b), true
	return nil
}

func (s *Settings) messageID(r *session.Request) error {
	text := strings.ToLower(strings.TrimSpace(s.MessageID))
	switch text {
	case "":
		return nil
	case "random":
		s.identifiers(r).MessageIDs = exchange.RandomMessageIDs
		return nil
	}
	v, err := strconv.ParseUint(text, 0, 16)
	if err != nil {
		return fmt.Errorf("%q is no message ID: write a number from 0 to 65535, such as 32052 or 0x7d34, \"random\", or nothing", s.MessageID)
	}
	r.Message.MessageID, r.FixedMessageID = protocol.MessageID(v), true
	return nil
}

// transmission reads the parameters of RFC 7252 §4.8, with their defaults for those that are not written.
func (s *Settings) transmission(r *session.Request, problem func(Field, error)) {
	if s.AckTimeout+s.AckRandomFactor+s.MaxRetransmit+s.NStart+s.ProbingRate == "" {
		return
	}
	t := protocol.DefaultTransmission()
	if s.AckTimeout != "" {
		d, err := parseTime(s.AckTimeout, time.Millisecond, time.Hour)
		if err != nil {
			problem(AckTimeoutField, err)
		}
		t.AckTimeout = d
	}
	number := func(f Field, text string, low, high float64, to *float64) {
		if text == "" {
			return
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v >= low && v <= high) {
			problem(f, fmt.Errorf("%q is no number from %g to %g", text, low, high))
			return
		}
		*to = v
	}
	whole := func(f Field, text string, low, high int, to *int) {
		if text == "" {
			return
		}
		v, err := parseCount(text, low, high)
		if err != nil {
			problem(f, err)
			return
		}
		*to = v
	}
	number(RandomField, s.AckRandomFactor, 1, 10, &t.AckRandomFactor)
	whole(RetransmitField, s.MaxRetransmit, 0, 16, &t.MaxRetransmit)
	whole(NStartField, s.NStart, 1, 1000, &t.NStart)
	number(ProbingField, s.ProbingRate, 0, 1e9, &t.ProbingRate)
	r.Transmission = &t
}

func parseCount(text string, low, high int) (int, error) {
	v, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || v < low || v > high {
		return 0, fmt.Errorf("%q is no whole number from %d to %d", text, low, high)
	}
	return v, nil
}

// ParseTime reads a time such as "2s", "1500ms" or "1m30s"; a number alone is seconds.
func ParseTime(text string) (time.Duration, error) { return parseTime(text, 0, 1000*time.Hour) }

func parseTime(text string, low, high time.Duration) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		seconds, e := strconv.ParseFloat(text, 64)
		if e != nil || !(seconds >= 0 && seconds < 1e7) {
			return 0, fmt.Errorf("%q is no time: write one such as 2s, 1500ms or 1m30s", text)
		}
		d = time.Duration(seconds * float64(time.Second))
	}
	if d < low || d > high {
		return 0, fmt.Errorf("%s is not from %s to %s", text, low, high)
	}
	return d, nil
}

// BlockSizes are the sizes that a block can have (RFC 7959 §2.2).
var BlockSizes = []int{16, 32, 64, 128, 256, 512, 1024}

var errEmptyCode = errors.New("code 0.00 is an Empty message: it has neither options nor payload, and is sent as a ping (RFC 7252 §4.3)")
