package draft

import (
	"fmt"
	"strings"

	"coapscope/protocol"
)

// Choice is a value that an option often has.
type Choice struct {
	Text string // as the user would write it
	Help string // what it means; empty where the text says it
}

// Choices gives the values to choose from for an option; none where any value is as good as another.
func Choices(n protocol.OptionNumber) (choices []Choice) {
	switch n {
	case protocol.Accept, protocol.ContentFormatOption:
		for _, row := range protocol.ContentFormats() {
			choices = append(choices, Choice{Text: ContentFormatText(row.Number)})
		}
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		for _, size := range BlockSizes {
			choices = append(choices, Choice{fmt.Sprintf("0/0/%d", size), fmt.Sprintf("the first block, %d bytes", size)})
		}
	case protocol.Observe:
		return []Choice{{"0", "register"}, {"1", "deregister"}}
	case protocol.NoResponse:
		return []Choice{
			{"0", "all responses are wanted"}, {"2", "no 2.xx"}, {"8", "no 4.xx"}, {"16", "no 5.xx"}, {"24", "no errors"}, {"26", "no response at all"},
		}
	case protocol.ProxyScheme:
		for _, scheme := range []string{"coap", "coaps", "coap+tcp", "coaps+tcp", "coap+ws", "coaps+ws", "http", "https"} {
			choices = append(choices, Choice{Text: scheme})
		}
	case protocol.Size1, protocol.Size2:
		return []Choice{{"0", "asks for the size of the body (RFC 7959 §4)"}}
	case protocol.HopLimit:
		return []Choice{{"16", "the default"}, {"1", "no further than the next proxy"}, {"255", "as far as can be"}}
	}
	return choices
}

// OptionsNamed gives the registered options of requests that a text may mean, the likeliest first: one with that number
// or name, those whose names begin with it, those that have it in their names. A number that no row has is a choice too.
func OptionsNamed(text string) (found []protocol.OptionNumber) {
	text = strings.ToLower(strings.TrimSpace(text))
	var begin, within []protocol.OptionNumber
	var number uint
	if n, err := fmt.Sscanf(text, "%d", &number); err == nil && n == 1 && number <= 0xffff && fmt.Sprint(number) == text {
		found = append(found, protocol.OptionNumber(number))
	}
	for _, row := range protocol.OptionTable() {
		name := strings.ToLower(row.Name)
		digits := fmt.Sprint(uint16(row.Number))
		switch {
		case row.In&protocol.InRequest == 0 && text == "":
		case len(found) > 0 && found[0] == row.Number:
		case name == text:
			found = append(found, row.Number)
		case strings.HasPrefix(name, text), strings.HasPrefix(digits, text):
			begin = append(begin, row.Number)
		case strings.Contains(name, text), strings.Contains(strings.ReplaceAll(name, "-", ""), text):
			within = append(within, row.Number)
		}
	}
	return append(append(found, begin...), within...)
}

// Hint says what an option's value may be written as.
func Hint(n protocol.OptionNumber) string {
	info := n.Lookup(protocol.GET)
	if info == nil {
		return "text, or 0x…"
	}
	switch info.Format {
	case protocol.FormatUint:
		switch n {
		case protocol.Accept, protocol.ContentFormatOption:
			return "60, or application/cbor"
		case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
			return "number/more/size, such as 0/0/256"
		}
		return "a number"
	case protocol.FormatEmpty:
		return "no value"
	case protocol.FormatString:
		return "text"
	}
	return "text, or 0x…"
}
