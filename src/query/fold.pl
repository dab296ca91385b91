#!/usr/bin/perl
# Writes fold_table.inc: Unicode's simple case folding (CaseFolding.txt, statuses C and S) as runs of code points that are one
# or two apart and move by the same distance. Run it by hand when Unicode grows: perl fold.pl >fold_table.inc
use strict;
use warnings;
use Unicode::UCD qw(casefold);

my @runs; # [first, last, step, distance]
for my $code (0x80 .. 0x1FFFF) {
    my $fold = casefold($code) or next;
    next if $fold->{simple} eq '';
    my $distance = hex($fold->{simple}) - $code;
    my $run = $runs[-1];
    my $gap = $run ? $code - $run->[1] : 0;
    if ($run && $distance == $run->[3] && ($gap == 1 || $gap == 2) && ($run->[2] == 0 || $run->[2] == $gap)) {
        @$run[1, 2] = ($code, $gap);
    } else {
        push @runs, [$code, $code, 0, $distance];
    }
}
print "/* Unicode ", Unicode::UCD::UnicodeVersion(), ", simple case folding beyond ASCII: first, last, step, distance. Made by fold.pl. */\n";
printf "{0x%04X, 0x%04X, %d, %d},\n", $_->[0], $_->[1], $_->[2] || 1, $_->[3] for @runs;
