"""Words that people often misspell, each with the ways in which they do: gathered by hand, English.

Covered: words of instructions, questions, passages and reviews. Not covered: slips of the keyboard (`probe.perturb.typos`),
misspellings that are other words (their and there, quite and quiet), British and American spelling.
"""

from __future__ import annotations

_LISTED = """
absence:absense,abscence accept:acept acceptable:acceptible access:acess accident:accidant,acident
accidentally:accidently accommodate:accomodate,acommodate accommodation:accomodation according:acording
accurate:acurate,accurrate accurately:acurately achieve:acheive achieved:acheived acquire:aquire across:accross
actual:acutal actually:actualy,acutally address:adress addresses:adresses advertisement:advertisment again:agian
against:agianst,aganist agree:agre alcohol:alchohol amateur:amatuer amazing:amazeing,ammazing amount:ammount
annual:anual another:anohter answer:anwser,awnser,anser answered:anwsered answers:anwsers anyone:anyoen
apartment:appartment apparent:apparant apparently:apparantly appear:apear appearance:apperance,appearence
appeared:apeared appears:apears appropriate:appropiate,apropriate approximately:approximatly,aproximately
argument:arguement arguments:arguements around:aroud,arround arrive:arive arrived:arived article:artical assess:asess
assistant:assistent athlete:athelete attendance:attendence author:auther autumn:autum available:availible,avaliable
awkward:akward balance:ballance basically:basicly beautiful:beatiful,beautifull beauty:beuaty because:becuase,becasue
becoming:becomming beginning:begining behavior:behavoir behaviour:behavoir believe:beleive,belive believed:beleived
believes:beleives between:beetween,betwen bicycle:bycicle borrow:borow bought:bougth breakfast:breakfest
brilliant:briliant,brillant building:buiding business:buisness,bussiness calculate:calulate calendar:calender
camera:camara captain:captian career:carreer careful:carefull carefully:carefuly carried:caried category:catagory
cathedral:cathederal caught:cuaght cause:casue ceiling:cieling cemetery:cemetary century:centry certain:certian
certainly:certainlly challenge:chalenge chapter:chaper character:charachter,caracter characters:charachters
chocolate:choclate choice:choise choose:chooze cinema:cinima classify:clasify cloud:clowd coffee:coffe
colleague:collegue collection:colection comedy:commedy coming:comming comment:coment comments:coments
commission:comission committee:comittee,commitee company:compnay compare:compair comparison:comparision
complete:compleate completely:completly conscience:concience conscious:concious consider:concider
considered:concidered consistent:consistant contain:contian contained:containd contains:contians continue:contiune
correctly:corectly country:contry,counrty courteous:curteous criticism:critisism curious:courious customer:custumer
daughter:daugther decide:deside decided:desided decision:desicion deductively:deductivly definite:definate
definitely:definately,definitly delicious:delicous dentist:denist describe:discribe described:discribed
describes:discribes description:discription determine:determin develop:develope development:developement
dictionary:dictionery difference:diffrence difficult:dificult dilemma:dilema disappear:dissapear
disappointed:dissapointed,disapointed disappointing:dissapointing,disapointing discover:discoverr discovered:discoverd
disease:desease doctor:docter documentary:documentry dollars:dolars during:durring easily:easly eaten:eatten
economy:econmy electric:eletric embarrass:embarass embarrassing:embarassing engineer:enginer enjoyable:enjoyible
enjoyed:enjoied enough:enouf,enogh entertaining:entertianing entirely:entirley environment:enviroment
equipment:equiptment especially:especialy evening:evning eventually:eventualy everyone:everone everything:everthing
exactly:exactley example:exmaple excellent:excelent exercise:excercise,exersise existence:existance expect:expct
expected:exepcted expensive:expencive experience:experiance explain:explane explained:explaned explicitly:explicitely
familiar:familar family:famly famous:famouse farther:farthur fascinating:facinating favorite:favorit favourite:favorit
figure:figuer finally:finaly finished:finnished follow:folow followed:folowed following:folowing,follwing
foreign:foriegn forest:forrest forgotten:forgoten formal:formel friend:freind friends:freinds furniture:furnature
garden:gaurden gauge:guage generally:generaly genius:genious geometric:geometic government:goverment governor:govenor
grammar:grammer grateful:greatful guarantee:garantee,guarentee guard:gaurd guess:geuss guest:geust guide:giude
happened:happend harass:harrass headline:hedline heard:herad height:heighth,hieght history:histroy holiday:holliday
horrible:horible hospital:hosptial hotel:hottel humorous:humourous hypothesis:hypothosis,hypothisis identify:indentify
image:immage imagine:immagine immediate:immediat immediately:immediatly impressive:impresive independent:independant
indicate:indecate information:infomation instruction:instuction instructions:instuctions instrument:insturment
instruments:insturments intelligence:inteligence interest:intrest interested:intrested interesting:intresting
interrupt:interupt irritating:iritating island:iland jacket:jaket jewellery:jewelery journey:jorney judge:juge
kitchen:kichen knowledge:knowlege known:konwn language:langauge laughed:laughd lawyer:lawer leisure:liesure
letter:leter letters:leters librarian:libarian library:libary likely:likley listen:lisen literature:litterature
logically:logicaly machine:machiene maintenance:maintainence marriage:marrage match:mtach mathematics:mathmatics
medicine:medecine memorable:memorible mention:mension mentioned:mentionned message:mesage mischievous:mischevious
mistake:misteak mobile:moblie morning:mornning mountain:mountian movie:moive museum:musuem musical:musicle
musician:musican mystery:mistery naturally:naturaly necessary:neccessary,necesary neighbor:nieghbor
neighbour:nieghbour nickel:nickle notice:notise noticeable:noticable novel:novle nurse:nruse object:objet
objects:obejcts occasion:occassion occasionally:occasionaly occurred:occured occurrence:occurence official:offical
officials:officals opened:openned opinion:opinon opportunity:oppurtunity opposite:oposite,opposit option:opton
options:optons order:oder ordered:orderd original:orginal painter:paintor paragraph:paragragh parallel:paralel
parliament:parliment particular:particuler particularly:particularily passage:pasage patience:patiance people:poeple
perfect:perfact performance:preformance performed:preformed perhaps:prehaps person:persen phone:phoen phrase:phraze
picked:piced picture:pitcure piece:peice pilot:piolt plausible:plausable played:palyed players:palyers
pleasant:plesant pleased:pleassed politician:politican possession:posession possibility:posibility possible:posible
practical:practicle praised:prased preferred:prefered present:presant presents:presants prince:prinse
privilege:priviledge probable:probible probably:probaly professor:proffesor program:progam programme:progamme
pronoun:pronown pronunciation:pronounciation publicly:publically purple:pruple quality:qaulity quantities:quanities
quantity:quanity question:quesiton,qestion questions:quesitons really:realy reason:reson receive:recieve
received:recieved recipe:recipie recognise:reconise recognize:reconize recommend:reccomend,recomend
recommended:reccomended referee:refferee reference:refrence refers:reffers relevant:relevent religious:religous
remember:rember remembered:rembered repetition:repitition reply:repley representative:representitive
researcher:reseacher researchers:reseachers response:responce restaurant:resturant,restaraunt return:retrun
review:reveiw reviews:reveiws rhyme:ryme rhythm:rythm river:rivver sandwich:sandwhich sarcastic:sarcasic
saturday:saterday scene:sceen schedule:schedual school:shcool science:sceince scientist:scientest
scientists:scientests scissors:sissors secretary:secratary seize:sieze senator:senater sentence:sentance
sentences:sentances sentiment:sentimant separate:seperate sequence:sequance sergeant:sargeant service:servise
shoulder:sholder significant:signifigant similar:similiar simple:simpel simply:simpley sincerely:sincerly
singer:singar something:somthing speak:speek special:speical speech:speach spring:sping square:sqaure stadium:staduim
starting:startting statement:statment statements:statments station:staton stopped:stoped street:steet
strength:strenght student:studnet students:studnets subject:subjcet succeed:suceed success:sucess successful:succesful
suddenly:suddenley sugar:suger suggest:sugest suitcase:suitecase summary:sumary summer:sumer sunflower:sunflour
supermarket:supermaket support:suport supports:suports surprise:suprise surprised:suprised surprising:suprising
swimmer:swimer table:tabel tailor:talior teacher:teecher technical:techincal telephone:telefone telescope:telascope
television:televison temperature:temperture tennis:tenis terrible:terrable their:thier thought:thougth
thrilled:thriled through:throught ticket:tickit together:togather tomato:tomatoe tomorrow:tommorow,tomorow
tongue:tounge topic:topick totally:totaly tournament:tournement towards:twoards tractor:tracter tragedy:tradgedy
translation:translasion translations:translasions truly:truely typical:typicle umbrella:umbrela understand:understnad
unfortunately:unfortunatly university:univeristy until:untill upon:apon usually:usualy utterly:uterly vacuum:vaccum
vegetable:vegtable vegetables:vegtables vehicle:vehical vehicles:vehicals video:vidoe village:vilage visible:visable
visited:visted waited:wiated waiter:waitor watched:wached water:watter weather:wether wednesday:wendesday,wensday
weight:wieght weird:wierd welcome:wellcome which:wich whisper:wisper wholly:wholely window:windwo winter:wintar
woman:womman wonderful:wonderfull write:wirte writer:wirter writing:writting written:writen yellow:yelow
yesterday:yesturday
"""

MISSPELLINGS: dict[str, tuple[str, ...]] = {
    word: tuple(ways.split(",")) for word, _, ways in (entry.partition(":") for entry in _LISTED.split())
}
"""Words in lower case, and how they are misspelt."""
