package snippet

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CommandError says what is wrong with a command line, and where.
type CommandError struct {
	Offset int // in bytes of the text
	Text   string
}

func (e *CommandError) Error() string { return fmt.Sprintf("character %d: %s", e.Offset, e.Text) }

// word is a word of a command line, with quotes undone.
type word struct {
	text   string
	offset int // where it begins
}

// stage is a command between bars.
type stage struct {
	words []word
	input *word // the file that standard input is read from
	notes []string
}

// splitter reads a command line as a POSIX shell does, with what bash has besides: $'…'. It runs nothing but printf,
// which is how a word holds bytes.
type splitter struct {
	text string
	at   int
}

func (s *splitter) fail(at int, format string, args ...any) error {
	return &CommandError{at, fmt.Sprintf(format, args...)}
}

// split gives the commands of a line.
func split(text string) ([]stage, error) {
	s := splitter{text: text}
	stages := []stage{{}}
	redirected := "" // the operator before the word
	from := 0
	for {
		s.blank()
		if s.at == len(text) {
			break
		}
		last := &stages[len(stages)-1]
		at := s.at
		switch op := s.operator(); op {
		case "":
			w, err := s.word()
			if err != nil {
				return nil, err
			}
			switch redirected {
			case "":
				last.words = append(last.words, w)
			case "<":
				last.input = &w
			default:
				last.notes = append(last.notes, fmt.Sprintf("output to %s is left out", w.text))
			}
			redirected = ""
			continue
		case "|", ";", "\n":
			if redirected != "" {
				return nil, s.fail(at, "%s names no file", redirected)
			}
			if op == "|" && len(last.words) > 0 {
				stages = append(stages, stage{})
				continue
			}
			if op == "\n" && len(last.words) == 0 {
				continue
			}
			s.rest()
			if s.at < len(text) {
				return nil, s.fail(at, "one command is read, and another follows")
			}
		case "<", ">", ">>", ">|":
			redirected, from = op, at
		default:
			return nil, s.fail(at, "%q joins commands; one command is read", op)
		}
	}
	if redirected != "" {
		return nil, s.fail(from, "%s names no file", redirected)
	}
	return stages, nil
}

// rest goes to the next thing that is not blank, newlines included.
func (s *splitter) rest() {
	for s.blank(); s.at < len(s.text) && (s.text[s.at] == '\n' || s.text[s.at] == ';'); s.blank() {
		s.at++
	}
}

// blank skips blanks, comments and continued lines. In an entry of one line a line that is continued has a space for its
// end, so a backslash before a space is one where a word would begin.
func (s *splitter) blank() {
	for s.at < len(s.text) {
		c, next := s.text[s.at], byte('\n')
		if s.at+1 < len(s.text) {
			next = s.text[s.at+1]
		}
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			s.at++
		case c == '\\' && (next == '\n' || next == ' ' || next == '\r'):
			s.at = min(s.at+2, len(s.text))
		case c == '#':
			for s.at < len(s.text) && s.text[s.at] != '\n' {
				s.at++
			}
		default:
			return
		}
	}
}

// operator reads one; empty where a word begins.
func (s *splitter) operator() string {
	for _, op := range []string{"&&", "||", ">>", ">|", "2>&1", "2>", "|", ";", "&", "<<", "<", ">", "(", ")", "\n"} {
		if strings.HasPrefix(s.text[s.at:], op) {
			s.at += len(op)
			if op == "2>" {
				return ">"
			}
			if op == "2>&1" {
				s.blank()
				if s.at < len(s.text) {
					return s.operator()
				}
				return "\n"
			}
			return op
		}
	}
	return ""
}

// word reads a word.
func (s *splitter) word() (word, error) {
	w := word{offset: s.at}
	var b strings.Builder
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case strings.IndexByte(" \t\r\n|;&<>()", c) >= 0:
			w.text = b.String()
			return w, nil
		case c == '\'':
			end := strings.IndexByte(s.text[s.at+1:], '\'')
			if end < 0 {
				return w, s.fail(s.at, "the quote is not closed")
			}
			b.WriteString(s.text[s.at+1 : s.at+1+end])
			s.at += end + 2
		case c == '"':
			if err := s.double(&b); err != nil {
				return w, err
			}
		case c == '\\':
			s.at++
			if s.at < len(s.text) {
				if s.text[s.at] != '\n' {
					b.WriteByte(s.text[s.at])
				}
				s.at++
			}
		case c == '$' || c == '`':
			if err := s.dollar(&b, true); err != nil {
				return w, err
			}
		default:
			b.WriteByte(c)
			s.at++
		}
	}
	w.text = b.String()
	return w, nil
}

// double reads what is in double quotes.
func (s *splitter) double(b *strings.Builder) error {
	from := s.at
	for s.at++; s.at < len(s.text); {
		switch c := s.text[s.at]; c {
		case '"':
			s.at++
			return nil
		case '\\':
			if s.at+1 < len(s.text) && strings.IndexByte("$`\"\\\n", s.text[s.at+1]) >= 0 {
				s.at++
				if s.text[s.at] != '\n' {
					b.WriteByte(s.text[s.at])
				}
			} else {
				b.WriteByte(c)
			}
			s.at++
		case '$', '`':
			if err := s.dollar(b, false); err != nil {
				return err
			}
		default:
			b.WriteByte(c)
			s.at++
		}
	}
	return s.fail(from, "the quote is not closed")
}

// dollar reads what a shell replaces. bare tells that it is not in quotes.
func (s *splitter) dollar(b *strings.Builder, bare bool) error {
	from, rest := s.at, s.text[s.at:]
	switch {
	case rest[0] == '`':
		return s.fail(from, "a command inside of a command is not run")
	case bare && strings.HasPrefix(rest, "$'"):
		end := 2
		for end < len(rest) && rest[end] != '\'' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(rest) {
			return s.fail(from, "the quote is not closed")
		}
		text, err := unescape(rest[2:end], true)
		if err != nil {
			return s.fail(from, "%v", err)
		}
		b.Write(text)
		s.at += end + 1
		return nil
	case strings.HasPrefix(rest, "$(printf "):
		s.at += len("$(printf ")
		s.blank()
		format, err := s.word()
		if err != nil {
			return err
		}
		s.blank()
		if s.at >= len(s.text) || s.text[s.at] != ')' {
			return s.fail(from, "a command inside of a command is not run; printf with one word is read")
		}
		s.at++
		text, err := printf([]word{format})
		if err != nil {
			return err
		}
		b.WriteString(strings.TrimRight(string(text), "\n"))
		return nil
	case strings.HasPrefix(rest, "$("):
		return s.fail(from, "a command inside of a command is not run")
	case len(rest) > 1 && (isName(rest[1]) || strings.IndexByte("{@*#?!$-", rest[1]) >= 0 || rest[1] >= '0' && rest[1] <= '9'):
		return s.fail(from, "what the shell's variable holds is not known here; write its value")
	}
	b.WriteByte('$')
	s.at++
	return nil
}

func isName(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// unescape undoes the escapes of $'…' (with C), or those of printf and echo -e.
func unescape(text string, c bool) ([]byte, error) {
	var b []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b = append(b, text[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abfnrtv\'"?`, text[i]); at >= 0 {
			b = append(b, "\a\b\f\n\r\t\v\\'\"?"[at])
			continue
		}
		number := func(base, most int) (v uint64) {
			end := i
			for end < len(text) && end-i < most {
				if _, err := strconv.ParseUint(text[end:end+1], base, 8); err != nil {
					break
				}
				end++
			}
			v, _ = strconv.ParseUint(text[i:end], base, 32) // nothing is 0
			i = end - 1
			return v
		}
		switch kind := text[i]; {
		case kind >= '0' && kind <= '7':
			b = append(b, byte(number(8, 3)))
		case kind == 'x':
			i++
			from := i
			v := number(16, 2)
			if i < from {
				return nil, fmt.Errorf(`\x has no hex digit behind it`)
			}
			b = append(b, byte(v))
		case kind == 'u' || kind == 'U':
			i++
			from, most := i, 4
			if kind == 'U' {
				most = 8
			}
			v := number(16, most)
			if i < from {
				return nil, fmt.Errorf(`\%c has no hex digit behind it`, kind)
			}
			b = utf8.AppendRune(b, rune(v))
		case kind == 'e' || kind == 'E':
			b = append(b, 0x1b)
		default:
			b = append(b, '\\', kind)
		}
	}
	if c {
		// A shell's word ends at a NUL.
		if end := strings.IndexByte(string(b), 0); end >= 0 {
			b = b[:end]
		}
	}
	return b, nil
}

// printf gives what it writes: its format with escapes, and %s and %b for its arguments.
func printf(args []word) ([]byte, error) {
	if len(args) == 0 {
		return nil, &CommandError{0, "printf has no format"}
	}
	format, rest := args[0], args[1:]
	var b []byte
	for text := format.text; ; {
		plain, after, more := strings.Cut(text, "%")
		out, err := unescape(plain, false)
		if err != nil {
			return nil, &CommandError{format.offset, err.Error()}
		}
		b = append(b, out...)
		switch {
		case !more && len(rest) > 0:
			return nil, &CommandError{rest[0].offset, "printf has a word that its format has no place for"}
		case !more:
			return b, nil
		case strings.HasPrefix(after, "%"):
			b = append(b, '%')
		case (strings.HasPrefix(after, "s") || strings.HasPrefix(after, "b")) && len(rest) > 0:
			out := []byte(rest[0].text)
			if after[0] == 'b' {
				if out, err = unescape(rest[0].text, false); err != nil {
					return nil, &CommandError{rest[0].offset, err.Error()}
				}
			}
			b, rest = append(b, out...), rest[1:]
		case strings.HasPrefix(after, "s") || strings.HasPrefix(after, "b"):
		default:
			return nil, &CommandError{format.offset, "of printf, %s, %b and %% are read"}
		}
		text = after[1:]
	}
}
