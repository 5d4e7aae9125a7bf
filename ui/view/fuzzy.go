package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Points of a fuzzy match. What matters most is that letters stand at the beginnings of words, then that they stand together.
const (
	matchedLetter = 16
	atTextStart   = 12
	atWordStart   = 10
	together      = 8
	gapBegins     = -3
	gapGoesOn     = -1
	wholeWord     = 6
)

// maxFuzzy bounds how many letters of a text are looked at, and of a word that is looked for.
const maxFuzzy = 200

// Fuzzy tells whether all words of the pattern are in the text, the letters of each in order but not necessarily side by side, in
// whatever case. It gives how well they match, and which letters of the text (as runes) they are. An empty pattern matches.
func Fuzzy(pattern, text string) (score int, marks []int, ok bool) {
	letters := fuzzyLetters(text)
	for word := range strings.FieldsSeq(pattern) {
		looked := fuzzyLetters(word)
		points, at := fuzzyWord(looked, letters, text)
		if at == nil {
			return 0, nil, false
		}
		score += points
		marks = append(marks, at...)
	}
	slices.Sort(marks)
	return score, slices.Compact(marks), true
}

func fuzzyLetters(text string) []rune {
	letters := make([]rune, 0, min(len(text), maxFuzzy))
	for _, r := range text {
		if len(letters) == maxFuzzy {
			break
		}
		letters = append(letters, unicode.ToLower(r))
	}
	return letters
}

// fuzzyWord finds the best places of the letters of a word; nil for none. text is the same text as letters, with its cases.
func fuzzyWord(word, letters []rune, text string) (score int, marks []int) {
	at := 0
	for _, r := range letters { // most texts do not have the letters at all
		if at < len(word) && r == word[at] {
			at++
		}
	}
	if at < len(word) || len(word) == 0 {
		return 0, nil
	}
	const none = -1 << 30
	n := len(letters)
	bonus := fuzzyBonus(text, n)
	best := make([]int, len(word)*n) // with letter i at place j
	from := make([]int32, len(word)*n)
	for i, letter := range word {
		running, runningAt := none, int32(-1) // the best place of the letter before, with the gap until here
		for j := range n {
			cell := i*n + j
			best[cell] = none
			if i > 0 && j > 0 {
				if running > none {
					running += gapGoesOn
				}
				if j > 1 && best[cell-n-2] > none && best[cell-n-2]+gapBegins > running {
					running, runningAt = best[cell-n-2]+gapBegins, int32(j-2)
				}
			}
			if letters[j] != letter {
				continue
			}
			points, came := none, int32(-1)
			switch {
			case i == 0:
				points = -min(j, 8) / 2 // what begins early is read first
			default:
				points, came = running, runningAt
				if j > 0 && best[cell-n-1] > none && best[cell-n-1]+together > points {
					points, came = best[cell-n-1]+together, int32(j-1)
				}
			}
			if points > none {
				best[cell], from[cell] = points+matchedLetter+bonus[j], came
			}
		}
	}
	last, end := (len(word)-1)*n, 0
	for j := range n {
		if best[last+j] > best[last+end] {
			end = j
		}
	}
	score = best[last+end]
	marks = make([]int, len(word))
	for i := len(word) - 1; i >= 0; i-- {
		marks[i] = end
		end = int(from[i*n+end])
	}
	first, final := marks[0], marks[len(marks)-1]
	if final-first == len(word)-1 && bonus[first] > 0 && (final+1 == n || bonus[final+1] > 0 || !wordLetter(letters[final+1])) {
		score += wholeWord
	}
	return score, marks
}

func wordLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// fuzzyBonus gives the points of each of the first n letters of a text for standing at the beginning of a word.
func fuzzyBonus(text string, n int) []int {
	bonus := make([]int, n)
	before, i := rune(0), 0
	for _, r := range text {
		if i == n {
			break
		}
		switch {
		case i == 0:
			bonus[i] = atTextStart
		case wordLetter(r) && !wordLetter(before), unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsDigit(r) && unicode.IsLetter(before):
			bonus[i] = atWordStart
		}
		before = r
		i++
	}
	return bonus
}

// runeBytes gives the place in bytes of a rune of a text.
func runeBytes(text string, at int) int {
	for i := range text {
		if at == 0 {
			return i
		}
		at--
	}
	return len(text)
}

// MarkRanges gives the places in bytes of runs of marked letters of a text, from and to in turn.
func MarkRanges(text string, marks []int) (ranges []int) {
	for i := 0; i < len(marks); {
		j := i + 1
		for j < len(marks) && marks[j] == marks[j-1]+1 {
			j++
		}
		ranges = append(ranges, runeBytes(text, marks[i]), runeBytes(text, marks[j-1]+1))
		i = j
	}
	if n := len(ranges); n > 0 && !utf8.ValidString(text[ranges[0]:ranges[n-1]]) {
		return nil
	}
	return ranges
}
