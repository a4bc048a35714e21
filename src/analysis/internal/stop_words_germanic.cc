#include "analysis/internal/stop_words.h"

namespace blasty::analysis::internal {

constinit const std::string_view kStopEnglish =
    "a an the and or but nor if then else than so as at by for from in into of off on onto out "
    "over to up with about after again against all also am any are aren't be because been before "
    "being below between both can can't cannot could couldn't did didn't do does doesn't doing "
    "don't down during each few further had hadn't has hasn't have haven't having he her here "
    "hers herself him himself his how i is isn't it its itself just me more most must my myself "
    "no not now only other our ours ourselves own same she should shouldn't some such that their "
    "theirs them themselves there these they this those through too under until very was wasn't "
    "we were weren't what when where which while who whom why will won't would wouldn't you your "
    "yours yourself yourselves";

constinit const std::string_view kStopGerman =
    "der die das den dem des ein eine einen einem einer eines und oder aber denn sondern doch "
    "wenn weil dass daß ob als wie so da dann also auch noch nur schon sehr nicht kein keine "
    "keinen keinem keiner keines nichts mehr ich mich mir mein meine meinen meinem meiner meines "
    "du dich dir dein deine deinen deinem deiner deines er ihn ihm sein seine seinen seinem "
    "seiner seines sie ihr ihre ihren ihrem ihrer ihres es wir uns unser unsere unseren unserem "
    "unserer euch euer eure euren eurem eurer man sich selbst dieser diese dieses diesen diesem "
    "jener jene jenes jenen jenem jeder jede jedes jeden jedem alle allem allen aller alles "
    "welcher welche welches welchen welchem wer was wo wann warum hier dort in im an am auf aus "
    "bei beim bis durch für gegen hinter mit nach neben ohne über um unter von vom vor während "
    "wegen zu zum zur zwischen bin bist ist sind seid war warst waren wart gewesen habe hast hat "
    "haben habt hatte hatten werde wirst wird werden wurde wurden kann kannst können konnte muss "
    "muß müssen musste soll sollen sollte will wollen wollte würde würden";

constinit const std::string_view kStopDutch =
    "de het een en of maar want dus als dan dat die dit deze er hier daar ik je jij jou u hij hem "
    "zij ze haar wij we ons jullie hen hun mij me mijn jouw zijn uw onze wie wat waar wanneer "
    "waarom hoe welke in op aan van voor met door bij naar om over uit te tot tegen onder tussen "
    "zonder na al ook nog niet geen niets meer veel zo toch nu ben bent is was waren wordt worden "
    "werd heb heeft hebben had hadden kan kunnen kon moet moeten zal zullen zou zouden zich zelf "
    "men iets iemand alles andere reeds omdat toen";

constinit const std::string_view kStopDanish =
    "og i at det en et den til er som på de med han af for ikke der var mig sig men har om vi min "
    "mit mine havde ham hun nu over da fra du ud sin sit sine dem os op man hans hendes hvor "
    "eller hvad skal selv her alle vil blev blive kunne ind når være dog noget ville jo deres "
    "efter ned skulle denne dette disse end også under have kan hvis ved jeg din dit dine jer "
    "jeres anden andet andre hver mange nogle meget mod sådan hvem hvorfor hvordan";

constinit const std::string_view kStopSwedish =
    "och det att i en ett jag hon som han på den de med var sig för så till är men om hade då "
    "från du min mitt mina har dig din ditt dina hans hennes honom henne oss vi vår vårt våra er "
    "ert era dem deras sin sitt sina kan när ut över under upp in av än ska skulle vill ville "
    "varit vara blev bli blir inte ej ingen inga inget någon något några här där nu hur vad vem "
    "vilken vilket vilka varför mot vid efter utan mellan mycket mer också eller ju detta denna "
    "dessa alla allt man själv åt bara";

constinit const std::string_view kStopNorwegian =
    "og i jeg det at en et ei den til er som på de med han av ikke ikkje der så var meg seg men "
    "har om vi min mitt mine mi hadde hun ho nå da ved fra du deg din ditt dine ut sin sitt sine "
    "si dem oss opp ned man hans hennes henne ham hvor kor eller eg me dei hva skal skulle selv "
    "her alle vil ville ble blei blir bli kunne kan inn når være vere noe noen nokre jo deres "
    "etter før denne dette disse også under mot bare enn hvis hver hvem hvorfor hvordan vår vårt "
    "våre dere både mellom over uten for";

}  // namespace blasty::analysis::internal
