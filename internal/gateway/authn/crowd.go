package authn

// CrowdedOut gives, of strangers in the order in which they came, the first one of the
// address that has the most of them: where there is no room for another one, whoever
// floods a door crowds out himself. False: there are none.
func CrowdedOut[T any](strangers []T, address func(T) string) (out T, ok bool) {
	many := map[string]int{}
	for _, one := range strangers {
		many[address(one)]++
	}
	most := 0
	for _, one := range strangers {
		if n := many[address(one)]; n > most {
			out, most = one, n
		}
	}
	return out, most > 0
}
